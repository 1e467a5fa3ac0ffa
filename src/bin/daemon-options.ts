import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EngineError } from "../base/errors.ts";
import type { FlagValues } from "../cli/flags/flag.ts";
import { DEFAULT_HOST } from "../client/endpoint.ts";
import { DEFAULT_ID_BOUNDS, type IdBounds } from "../store/id-ranges.ts";
import type { DAEMON_FLAGS } from "./daemon-flags.ts";
import { LOG_LEVELS, type LogLevel } from "./daemon-log.ts";

/** What a daemon is started with, checked. */
export interface DaemonOptions {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly hosts: readonly string[];
  readonly pidFile: string;
  readonly logLevel: LogLevel;
  readonly bridge: { readonly bridge: string; readonly address?: string; readonly mtu: number };
  readonly gid?: number;
  readonly idBounds: IdBounds;
  /** PEM texts. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Checks what was given; nothing is touched yet. */
export function parseDaemonOptions(flags: FlagValues<typeof DAEMON_FLAGS>): DaemonOptions {
  const { host, group, bip } = flags;
  const tls = readTls(flags);
  return {
    dataRoot: resolve(flags["data-root"]),
    execRoot: resolve(flags["exec-root"]),
    hosts: host.length === 0 ? [DEFAULT_HOST] : host,
    // In the exec root, so that daemons with roots of their own do not meet in one file.
    pidFile: resolve(flags.pidfile ?? join(flags["exec-root"], "sampan.pid")),
    logLevel: parseLevel(flags["log-level"]),
    bridge: {
      bridge: flags.bridge,
      mtu: parseMtu(flags.mtu),
      ...(bip === undefined ? {} : { address: bip }),
    },
    idBounds: parseIdRange(flags["id-range"]),
    ...(group === undefined ? {} : { gid: findGroup(group) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function parseLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level !== undefined) return level;
  throw new EngineError("invalid", `Cannot log at level "${text}": want ${LOG_LEVELS.join(", ")}`);
}

// IPv4 asks for 68, a veth takes no more than 65535.
function parseMtu(text: string): number {
  const mtu = Number(text);
  if (Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535) return mtu;
  throw new EngineError("invalid", `Cannot use an MTU of "${text}": want 68 to 65535`);
}

function parseIdRange(text: string | undefined): IdBounds {
  if (text === undefined) return DEFAULT_ID_BOUNDS;
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const bounds = { first: Number(first), end: Number(last) + 1 };
  if (bounds.first >= 1 && bounds.end > bounds.first && bounds.end < 0xffff_ffff) return bounds;
  throw new EngineError(
    "invalid",
    `Cannot use the id range "${text}": want FIRST-LAST, such as 524288-4294901759`,
  );
}

function findGroup(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const lines = readFileSync("/etc/group", "utf8").split("\n");
  const gid = lines.map((line) => line.split(":")).find(([name]) => name === group)?.[2];
  if (gid !== undefined) return Number(gid);
  throw new EngineError(
    "invalid",
    `Cannot give the socket to group "${group}": there is none in /etc/group`,
  );
}

function readTls(flags: FlagValues<typeof DAEMON_FLAGS>): DaemonOptions["tls"] {
  const { tlscacert, tlscert, tlskey } = flags;
  const given = [tlscacert, tlscert, tlskey].filter((path) => path !== undefined);
  if (given.length === 0) return undefined;
  if (tlscacert === undefined || tlscert === undefined || tlskey === undefined) {
    throw new EngineError(
      "invalid",
      "Cannot use TLS: --tlscacert, --tlscert and --tlskey go together",
    );
  }
  const [ca, cert, key] = [tlscacert, tlscert, tlskey].map((path) => readFileSync(path, "utf8"));
  return { ca: ca ?? "", cert: cert ?? "", key: key ?? "" };
}
