import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { EngineError } from "../base/errors.ts";
import type { FlagValues } from "../cli/flags/flag.ts";
import { DEFAULT_HOST } from "../client/endpoint.ts";
import { findLogDriver, planLog } from "../engine/logs/log-options.ts";
import type { LogOptions } from "../engine/model.ts";
import type { NetworkOptions } from "../engine/networks/open-networks.ts";
import { parseSubnetPool } from "../network/subnet-pools.ts";
import type { RegistryOptions } from "../registry/registry-client.ts";
import { DEFAULT_ID_BOUNDS, type IdBounds } from "../store/id-ranges.ts";
import type { KeepBlobs } from "../store/keep-blobs.ts";
import type { StorageDriver } from "../store/storage-driver.ts";
import type { DAEMON_FLAGS } from "./daemon-flags.ts";
import { LOG_LEVELS, type LogLevel } from "./daemon-log.ts";
import { parseRegistryFlags } from "./registry-flags.ts";

/** What a daemon is started with, checked. */
export interface DaemonOptions {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly hosts: readonly string[];
  readonly pidFile: string;
  readonly logLevel: LogLevel;
  /** What containers log with that ask for nothing else. */
  readonly defaultLog: LogOptions;
  readonly network: NetworkOptions;
  /** Where files of the Container Device Interface are. */
  readonly cdiDirectories: readonly string[];
  readonly gid?: number;
  readonly idBounds: IdBounds;
  readonly keepBlobs: KeepBlobs;
  readonly registry: RegistryOptions;
  readonly transfers: { readonly downloads: number; readonly uploads: number };
  /** Undefined: the best that works. */
  readonly storageDriver?: StorageDriver;
  /** PEM texts. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Checks what was given; nothing is touched yet. */
export function parseDaemonOptions(flags: FlagValues<typeof DAEMON_FLAGS>): DaemonOptions {
  const { host, group, bip } = flags;
  const tls = readTls(flags);
  const storageDriver = parseStorageDriver(flags["storage-driver"]);
  return {
    dataRoot: resolve(flags["data-root"]),
    execRoot: resolve(flags["exec-root"]),
    hosts: host.length === 0 ? [DEFAULT_HOST] : host,
    // In the exec root, so that daemons with roots of their own do not meet in one file.
    pidFile: resolve(flags.pidfile ?? join(flags["exec-root"], "sampan.pid")),
    logLevel: parseLevel(flags["log-level"]),
    defaultLog: parseDefaultLog(flags),
    network: {
      bridge: flags.bridge,
      mtu: parseMtu(flags.mtu),
      pools: flags["default-address-pool"].map(parseSubnetPool),
      ...(bip === undefined ? {} : { address: bip }),
    },
    cdiDirectories: parseCdiDirectories(flags["cdi-spec-dir"]),
    idBounds: parseIdRange(flags["id-range"]),
    ...parseRegistryFlags(flags),
    ...(storageDriver === undefined ? {} : { storageDriver }),
    ...(group === undefined ? {} : { gid: findGroup(group) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function parseLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level !== undefined) return level;
  throw new EngineError("invalid", `Cannot log at level "${text}": want ${LOG_LEVELS.join(", ")}`);
}

function parseCdiDirectories(given: readonly string[]): readonly string[] {
  return given.length === 0 ? ["/etc/cdi", "/var/run/cdi"] : given.map((path) => resolve(path));
}

function parseDefaultLog(flags: FlagValues<typeof DAEMON_FLAGS>): LogOptions {
  const driver = findLogDriver(flags["log-driver"]);
  const log = { driver, options: flags["log-opt"] };
  if (driver === "none" && Object.keys(log.options).length > 0) {
    throw new EngineError("invalid", "invalid logging opts for driver none");
  }
  planLog(log);
  return log;
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

/** Docker's names are known too. */
const STORAGE_DRIVERS: ReadonlyMap<string, StorageDriver> = new Map([
  ["overlay", "overlay"],
  ["overlay2", "overlay"],
  ["copy", "copy"],
  ["vfs", "copy"],
]);

function parseStorageDriver(text: string | undefined): StorageDriver | undefined {
  if (text === undefined) return undefined;
  const driver = STORAGE_DRIVERS.get(text);
  if (driver !== undefined) return driver;
  throw new EngineError(
    "invalid",
    `Cannot use the storage driver "${text}": want "overlay" (or "overlay2"), or "copy" (or "vfs")`,
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
