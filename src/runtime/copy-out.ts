// Copying a directory out of an image: what a new volume starts with. A container that has the volume
// already may change it meanwhile, so nothing that is made is found again by a path with links in it.

import { chmodSync, closeSync, readlinkSync } from "node:fs";
import { posix } from "node:path";
import { EngineError } from "../base/errors.ts";
import { Slices } from "../base/slices.ts";
import {
  changeOwnerAt,
  changeTimeAt,
  createFileAt,
  listAt,
  makeDirectoryAt,
  makeLinkAt,
  makeNodeAt,
  makeSymlinkAt,
} from "../linux/at.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { copyContent } from "../linux/copy-file.ts";
import { Descriptor, openFile } from "../linux/fd.ts";
import { FILE_TYPE, type FileStatus, isType, statAt } from "../linux/statx.ts";
import { errnoOf } from "../linux/syscall.ts";
import { findXattrAt, listXattrsAt, setXattrAt } from "../linux/xattr.ts";
import { openInRoot } from "./root-reader.ts";
import { openSubpath } from "./subpath.ts";

/** One directory's copy under way; `links` are the files with several names that were copied before. */
interface Copy {
  readonly from: number;
  readonly to: number;
  readonly links: Map<bigint, string>;
  /** The target's top, for the paths in `links`. */
  readonly top: number;
  readonly path: string;
  /** How far the root's ids are from those of its image. */
  readonly ownerHostId: number;
}

/** A root, and how far its ids are from those of its image. */
export interface CopySource {
  readonly root: Descriptor;
  readonly ownerHostId: number;
}

/** Where a copy goes: a directory, or one beneath it. */
export interface CopyTarget {
  readonly source: string;
  readonly subpath?: string;
}

/**
 * Copies what is in a directory of a root into an empty directory, while other work goes on. False:
 * there is no directory at `path`, or the target is none or has something in it.
 */
export async function copyOut(
  { root, ownerHostId }: CopySource,
  path: string,
  target: CopyTarget,
): Promise<boolean> {
  using from = openInRoot(root, path, OPEN.RDONLY | OPEN.DIRECTORY);
  using to = from === undefined ? undefined : findTarget(target);
  if (from === undefined || to === undefined || listAt(to.number).length > 0) return false;
  const status = statAt(from.number, "");
  const copy = {
    from: from.number,
    to: to.number,
    links: new Map(),
    top: to.number,
    path: "",
    ownerHostId,
  };
  const slices = new Slices();
  for (const _ of copyChildren(copy)) await slices.pause();
  copyMeta(copy, ".", status);
  return true;
}

/** A start will say what is wrong with a target that is not there. */
function findTarget({ source, subpath }: CopyTarget): Descriptor | undefined {
  try {
    if (subpath === undefined) return openFile(source, OPEN.RDONLY | OPEN.DIRECTORY);
    using place = openSubpath({ source, subpath });
    return openFile(place.path, OPEN.RDONLY | OPEN.DIRECTORY);
  } catch (cause) {
    const isMissing = cause instanceof EngineError && subpath !== undefined;
    if (isMissing || errnoOf(cause) === "ENOTDIR") return undefined;
    throw cause;
  }
}

/** Yields wherever there may be a pause. */
function* copyChildren(copy: Copy): Generator<void> {
  for (const name of listAt(copy.from)) {
    yield* copyEntry(copy, name);
    yield;
  }
}

function* copyEntry(copy: Copy, name: string): Generator<void> {
  const status = statAt(copy.from, name);
  if (isType(status, FILE_TYPE.SOCKET)) return; // nobody listens on a copy
  if (isType(status, FILE_TYPE.DIRECTORY)) yield* copyDirectory(copy, name);
  else if (!linkIfKnown(copy, name, status)) yield* copyLeaf(copy, name, status);
  copyMeta(copy, name, status);
}

function* copyDirectory(copy: Copy, name: string): Generator<void> {
  makeDirectoryAt(copy.to, name, 0o700);
  using from = openDirectory(copy.from, name);
  using to = openDirectory(copy.to, name);
  yield* copyChildren({ ...copy, from: from.number, to: to.number, path: `${copy.path}${name}/` });
}

function openDirectory(directory: number, path: string): Descriptor {
  return openThere(directory, path, OPEN.RDONLY | OPEN.DIRECTORY);
}

function openThere(directory: number, path: string, flags: number): Descriptor {
  const bytes = Buffer.from(`${path}\0`, "latin1");
  const resolve = RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS;
  return new Descriptor(openBeneath(directory, bytes, { flags: flags | OPEN.NOFOLLOW, resolve }));
}

function linkIfKnown(copy: Copy, name: string, status: FileStatus): boolean {
  if (status.links < 2) return false;
  const known = copy.links.get(status.inode);
  if (known === undefined) {
    copy.links.set(status.inode, `${copy.path}${name}`);
    return false;
  }
  using parent = openDirectory(copy.top, posix.dirname(known));
  const from = { dirFd: parent.number, name: posix.basename(known) };
  makeLinkAt(from, { dirFd: copy.to, name });
  return true;
}

function* copyLeaf({ from, to }: Copy, name: string, status: FileStatus): Generator<void> {
  if (isType(status, FILE_TYPE.SYMLINK)) {
    const target = readlinkSync(bytesPath(from, name), { encoding: "latin1" });
    makeSymlinkAt(to, name, target);
  } else if (isType(status, FILE_TYPE.FILE)) {
    yield* copyFile({ from, to }, name, status.size);
  } else {
    makeNodeAt(to, name, { mode: status.mode, device: status.device });
  }
}

function* copyFile(
  { from, to }: Pick<Copy, "from" | "to">,
  name: string,
  sizeBytes: number,
): Generator<void> {
  using source = openThere(from, name, OPEN.RDONLY);
  const made = createFileAt(to, name, 0o600);
  try {
    yield* copyContent({ from: source.number, to: made }, sizeBytes);
  } finally {
    closeSync(made);
  }
}

/** By what is there, not by its name: that may be a link by now. */
function changeMode(directory: number, name: string, mode: number): void {
  using made = openThere(directory, name, OPEN.PATH);
  chmodSync(made.path, mode);
}

function copyMeta(copy: Copy, name: string, status: FileStatus): void {
  const { from, to, ownerHostId } = copy;
  const { uid, gid } = status;
  changeOwnerAt(to, name, { uid: uid - ownerHostId, gid: gid - ownerHostId });
  if (!isType(status, FILE_TYPE.SYMLINK)) changeMode(to, name, status.mode & 0o7777);
  for (const attribute of listXattrsAt(from, name)) {
    // The layers' own marks mean nothing outside of them.
    if (attribute.startsWith("trusted.overlay.")) continue;
    const value = findXattrAt(from, name, attribute);
    if (value !== undefined) setXattrAt(to, name, { name: attribute, value });
  }
  changeTimeAt(to, name, status.modified);
}

function bytesPath(directory: number, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${directory}/${name}`, "latin1");
}
