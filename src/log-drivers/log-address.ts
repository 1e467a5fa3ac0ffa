import { EngineError } from "../base/errors.ts";

/** Where a receiver listens. */
export type LogAddress =
  | HostAddress<"tcp">
  | HostAddress<"tcp+tls">
  | HostAddress<"udp">
  | PathAddress<"unix">
  | PathAddress<"unixgram">;

interface HostAddress<Kind> {
  readonly kind: Kind;
  readonly host: string;
  readonly port: number;
}

interface PathAddress<Kind> {
  readonly kind: Kind;
  readonly path: string;
}

/** What an address may be, and how the one that has it is called. */
export interface AddressRules {
  /** The option's name. */
  readonly option: string;
  readonly kinds: readonly LogAddress["kind"][];
  /** Undefined: it has to be said. */
  readonly port?: number;
}

/** Reads an address of the form `proto://address`. */
export function parseLogAddress(text: string, rules: AddressRules): LogAddress {
  const [, scheme = "", rest = ""] = /^([a-z+]+):\/\/(.*)$/.exec(text) ?? [];
  const kind = rules.kinds.find((known) => known === scheme);
  if (kind === undefined) {
    const message = `${rules.option} should be in form proto://address, got ${text}`;
    throw new EngineError("invalid", message);
  }
  if (kind === "unix" || kind === "unixgram") return { kind, path: rest };
  const [, host = "", digits] = /^(\[[^\]]*\]|[^:/]*)(?::(\d+))?\/?$/.exec(rest) ?? [];
  const port = digits === undefined ? rules.port : Number(digits);
  if (host === "" || port === undefined || port < 1 || port > 0xffff) {
    const message = `${rules.option}: please provide it as ${kind}://host:port, got ${text}`;
    throw new EngineError("invalid", message);
  }
  return { kind, host: host.replace(/^\[|\]$/g, ""), port };
}

/** The address as it is told to people. */
export function formatLogAddress(address: LogAddress): string {
  return "path" in address ? address.path : `${address.host}:${address.port}`;
}
