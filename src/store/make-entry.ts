import type { TarEntry } from "../base/tar/tar-entry.ts";
import {
  changeFileTime,
  changeModeAt,
  changeOwnerAt,
  changeTimeAt,
  createFileAt,
  makeDirectoryAt,
  makeNodeAt,
  makeSymlinkAt,
  type TimeSpec,
} from "../linux/at.ts";
import { FILE_TYPE } from "../linux/statx.ts";
import { applyXattrs, type Place } from "./attributes.ts";
import type { FreshAttributes } from "./fresh-attributes.ts";

/** Makes an empty file, and opens it. Nothing is there, so nothing is followed or shared. */
export function createFile(entry: TarEntry, { dirFd, name }: Place, fresh: FreshAttributes) {
  return createFileAt(dirFd, name, fresh.hasMode(entry) ? entry.mode : 0o600);
}

/** Makes what is neither a file nor a link to one; `mode` is for a directory. */
export function makeSpecial(entry: TarEntry, { dirFd, name }: Place, mode: number): void {
  switch (entry.kind) {
    case "directory":
      makeDirectoryAt(dirFd, name, mode);
      return;
    case "symlink":
      makeSymlinkAt(dirFd, name, entry.linkName);
      return;
    case "fifo":
      makeNodeAt(dirFd, name, { mode: FILE_TYPE.FIFO, device: entry.device });
      return;
    case "block":
      makeNodeAt(dirFd, name, { mode: FILE_TYPE.BLOCK, device: entry.device });
      return;
    default:
      makeNodeAt(dirFd, name, { mode: FILE_TYPE.CHARACTER, device: entry.device });
  }
}

/** Where an entry is that was made. */
export interface Made extends Place {
  /** The open file. */
  readonly fd?: number;
  /** Of what was made just for this entry: what it has already. */
  readonly fresh?: FreshAttributes | undefined;
}

/** Owner, mode, attributes and time, in the order in which none undoes another. */
export function finishEntry(entry: TarEntry, made: Made): void {
  const { dirFd, name, fd, fresh } = made;
  const isOwned = fresh?.hasOwner(entry) ?? false;
  if (!isOwned) changeOwnerAt(dirFd, name, entry);
  const hasMode = entry.kind === "symlink" || (isOwned && fresh?.hasMode(entry));
  if (!hasMode) changeModeAt(dirFd, name, entry.mode);
  applyXattrs(made, entry.xattrs);
  if (fd !== undefined) changeFileTime(fd, toTimeSpec(entry.mtimeNs));
  else if (entry.kind !== "directory") changeTimeAt(dirFd, name, toTimeSpec(entry.mtimeNs));
}

/** The form that system calls have for a time. */
export function toTimeSpec(timeNs: bigint): TimeSpec {
  const rest = timeNs % 1_000_000_000n;
  const nanoseconds = rest < 0n ? rest + 1_000_000_000n : rest;
  return { seconds: (timeNs - nanoseconds) / 1_000_000_000n, nanoseconds: Number(nanoseconds) };
}
