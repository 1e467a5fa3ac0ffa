import { EngineError } from "../base/errors.ts";
import { findIpAddress, formatIpAddress } from "../base/ip-address.ts";

/** A line that `--add-host` asks for. */
export interface ExtraHost {
  readonly name: string;
  /** `host-gateway` stands for the address that reaches the host. */
  readonly address: string;
}

const HOST_GATEWAY = "host-gateway";
/** A blank or a line's end in a name would make names and lines that nobody asked for. */
const NAME = /^[^\s#\p{Cc}]+$/u;

/** Reads `name:address`; an IPv6 address may stand in brackets. */
export function parseExtraHost(text: string): ExtraHost {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(colon, 0));
  const given = text.slice(colon + 1);
  if (!NAME.test(name)) {
    throw new EngineError("invalid", `bad format for add-host: ${JSON.stringify(text)}`);
  }
  if (given === HOST_GATEWAY) return { name, address: given };

  const address = findIpAddress(given.replace(/^\[(.*)\]$/, "$1"));
  if (address === undefined) {
    throw new EngineError("invalid", `invalid IP address in add-host: ${JSON.stringify(given)}`);
  }
  return { name, address: formatIpAddress(address) };
}

/** Puts the address that reaches the host in the place of `host-gateway`. */
export function resolveExtraHost({ name, address }: ExtraHost, hostGateway: string): ExtraHost {
  return { name, address: address === HOST_GATEWAY ? hostGateway : address };
}
