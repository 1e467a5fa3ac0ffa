import { badArchive, shownName, type TarEntry, type TarKind } from "./tar-entry.ts";
import type { TarHeader } from "./tar-header.ts";
import { type PaxRecord, paxNumber, paxTime, XATTR_PREFIX } from "./tar-pax.ts";

/** What headers before a file's own say of it. */
export interface Overrides {
  readonly pax: readonly PaxRecord[];
  readonly longName?: string;
  readonly longLink?: string;
}

// The kernel's PATH_MAX, with the NUL that it counts.
const MAX_NAME = 4095;
// The one above means "leave as it is" to chown(2).
const MAX_ID = 0xffff_fffe;
const MAX_MAJOR = 0xfff;
const MAX_MINOR = 0xf_ffff;

/** One checked entry from a file's header and what came before it: PAX wins over GNU, and that over ustar. */
export function mergeEntry(header: TarHeader, kind: TarKind, overrides: Overrides): TarEntry {
  const pax = overrides.pax.length === 0 ? NO_PAX : new Map(overrides.pax);
  const name = checkName(overrides.longName ?? pax.get("path") ?? header.name, "name");
  const link = checkName(pax.get("linkpath") ?? overrides.longLink ?? header.linkName, "link");
  const mtime = pax.get("mtime");
  return {
    kind,
    name,
    linkName: kind === "link" || kind === "symlink" ? link : "",
    mode: header.mode & 0o7777,
    uid: checkId(idOf(pax, "uid", header.uid), name),
    gid: checkId(idOf(pax, "gid", header.gid), name),
    size: kind === "file" ? header.size : 0,
    mtimeNs: mtime === undefined ? checkTime(header.mtime) : paxTime(mtime),
    device: kind === "character" || kind === "block" ? checkDevice(header, name) : NO_DEVICE,
    xattrs: xattrsOf(overrides.pax),
  };
}

const NO_DEVICE = { major: 0, minor: 0 } as const;
const NO_PAX: ReadonlyMap<string, string> = new Map();
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

function checkName(name: string, what: string): string {
  if (name.length > MAX_NAME) throw badArchive(`a ${what} has ${name.length} bytes`);
  if (name.includes("\0")) throw badArchive(`the ${what} ${shownName(name)} has a NUL`);
  return name;
}

function idOf(pax: ReadonlyMap<string, string>, key: "uid" | "gid", plain: number): number {
  const value = pax.get(key);
  return value === undefined ? plain : paxNumber(key, value);
}

function checkId(id: number, name: string): number {
  if (id <= MAX_ID) return id;
  throw badArchive(`${shownName(name)} belongs to id ${id}, and the highest is ${MAX_ID}`);
}

function checkTime(seconds: bigint): bigint {
  const limit = 1_000_000_000_000n;
  if (seconds > -limit && seconds < limit) return seconds * 1_000_000_000n;
  throw badArchive(`a header has the time ${seconds}`);
}

function checkDevice({ device }: TarHeader, name: string): TarEntry["device"] {
  if (device.major <= MAX_MAJOR && device.minor <= MAX_MINOR) return device;
  throw badArchive(`${shownName(name)} is device ${device.major}:${device.minor}`);
}

function xattrsOf(records: readonly PaxRecord[]): ReadonlyMap<string, Uint8Array> {
  if (records.length === 0) return NO_XATTRS;
  const found = records.filter(([key]) => key.startsWith(XATTR_PREFIX));
  if (found.length === 0) return NO_XATTRS;
  return new Map(
    found.map(([key, value]) => [key.slice(XATTR_PREFIX.length), Buffer.from(value, "latin1")]),
  );
}
