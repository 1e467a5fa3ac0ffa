// Copying a directory out of an image: what a new volume starts with.

import { copyFileSync, readlinkSync } from "node:fs";
import {
  changeModeAt,
  changeOwnerAt,
  changeTimeAt,
  listAt,
  makeDirectoryAt,
  makeLinkAt,
  makeNodeAt,
  makeSymlinkAt,
} from "../linux/at.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { Descriptor, openFile } from "../linux/fd.ts";
import { FILE_TYPE, type FileStatus, isType, statAt } from "../linux/statx.ts";
import { findXattrAt, listXattrsAt, setXattrAt } from "../linux/xattr.ts";
import { openInRoot } from "./root-reader.ts";

/** One directory's copy under way; `links` are the files with several names that were copied before. */
interface Copy {
  readonly from: number;
  readonly to: number;
  readonly links: Map<bigint, string>;
  /** The target's top, for the paths in `links`. */
  readonly top: number;
  readonly path: string;
}

/** Copies what is in a directory of a root into `target`. False: there is no directory at `path`. */
export function copyOut(root: Descriptor, path: string, target: string): boolean {
  using from = openInRoot(root, path, OPEN.RDONLY | OPEN.DIRECTORY);
  if (from === undefined) return false;
  const status = statAt(from.number, "");
  using to = openFile(target, OPEN.RDONLY | OPEN.DIRECTORY);
  const copy = { from: from.number, to: to.number, links: new Map(), top: to.number, path: "" };
  copyChildren(copy);
  copyMeta(copy, ".", status);
  return true;
}

function copyChildren(copy: Copy): void {
  for (const name of listAt(copy.from)) copyEntry(copy, name);
}

function copyEntry(copy: Copy, name: string): void {
  const status = statAt(copy.from, name);
  if (isType(status, FILE_TYPE.SOCKET)) return; // nobody listens on a copy
  if (isType(status, FILE_TYPE.DIRECTORY)) copyDirectory(copy, name);
  else if (!linkIfKnown(copy, name, status)) copyLeaf(copy, name, status);
  copyMeta(copy, name, status);
}

function copyDirectory(copy: Copy, name: string): void {
  makeDirectoryAt(copy.to, name, 0o700);
  using from = openChild(copy.from, name);
  using to = openChild(copy.to, name);
  copyChildren({ ...copy, from: from.number, to: to.number, path: `${copy.path}${name}/` });
}

function openChild(directory: number, name: string): Descriptor {
  const flags = OPEN.RDONLY | OPEN.DIRECTORY | OPEN.NOFOLLOW;
  const bytes = Buffer.from(`${name}\0`, "latin1");
  return new Descriptor(openBeneath(directory, bytes, { flags, resolve: RESOLVE.BENEATH }));
}

function linkIfKnown(copy: Copy, name: string, status: FileStatus): boolean {
  if (status.links < 2) return false;
  const known = copy.links.get(status.inode);
  if (known === undefined) {
    copy.links.set(status.inode, `${copy.path}${name}`);
    return false;
  }
  makeLinkAt({ dirFd: copy.top, name: known }, { dirFd: copy.to, name });
  return true;
}

function copyLeaf({ from, to }: Copy, name: string, status: FileStatus): void {
  if (isType(status, FILE_TYPE.SYMLINK)) {
    const target = readlinkSync(bytesPath(from, name), { encoding: "latin1" });
    makeSymlinkAt(to, name, target);
  } else if (isType(status, FILE_TYPE.FILE)) {
    copyFileSync(bytesPath(from, name), bytesPath(to, name));
  } else {
    makeNodeAt(to, name, { mode: status.mode, device: status.device });
  }
}

function copyMeta({ from, to }: Copy, name: string, status: FileStatus): void {
  changeOwnerAt(to, name, status);
  if (!isType(status, FILE_TYPE.SYMLINK)) changeModeAt(to, name, status.mode & 0o7777);
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
