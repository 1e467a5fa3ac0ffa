// A root file system as a full copy of its image's layers: what a container has where the kernel
// makes no overlay. Ids are shifted while copying, so that it needs no id mapping either.

import { closeSync, readlinkSync } from "node:fs";
import {
  changeTimeAt,
  makeDirectoryAt,
  makeLinkAt,
  makeNodeAt,
  makeSymlinkAt,
  pathAt,
} from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { copyContent } from "../linux/copy-file.ts";
import { FILE_TYPE, type FileStatus, isType } from "../linux/statx.ts";
import { copyAttributes, type Place } from "./attributes.ts";
import { type MergedDirectory, type MergedEntry, MergedLayers } from "./merged-layers.ts";

const SLICE_MS = 5;

/** One copy under way. */
interface Copy {
  /** The target's top. */
  readonly top: number;
  readonly ownerHostId: number;
  /** Files with several names that were copied, by inode: layers are all on one file system. */
  readonly links: Map<bigint, string>;
  /** Directories get their times last: all that is made in one changes them. */
  readonly directories: { readonly path: string; readonly status: FileStatus }[];
}

/**
 * Copies the merged tree of layers (topmost first) into an empty directory, which has the attributes
 * of the tree's top already. It lets others have their turn meanwhile.
 */
export async function copyLayers(
  layers: readonly string[],
  { target, ownerHostId }: { readonly target: string; readonly ownerHostId: number },
): Promise<void> {
  const top = openDirectory(target);
  try {
    using merged = new MergedLayers(layers);
    const copy: Copy = { top, ownerHostId, links: new Map(), directories: [] };
    let sliceEndsAt = performance.now() + SLICE_MS;
    for (const _piece of copyTree(merged, copy)) {
      if (performance.now() < sliceEndsAt) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      sliceEndsAt = performance.now() + SLICE_MS;
    }
  } finally {
    closeSync(top);
  }
}

function* copyTree(merged: MergedLayers, copy: Copy): Generator<void> {
  const waiting: MergedDirectory[] = [merged.top];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const dirFd = openTarget(copy.top, next.path);
    try {
      for (const entry of merged.list(next)) {
        yield* copyEntry(copy, entry, { dirFd, name: entry.name });
        if (entry.directory === undefined) continue;
        waiting.push(entry.directory);
        copy.directories.push(entry);
      }
    } finally {
      closeSync(dirFd);
    }
  }
  for (const { path, status } of copy.directories) changeTimeAt(copy.top, path, status.modified);
}

function openTarget(top: number, path: string): number {
  return openBeneath(top, Buffer.from(`./${path}\0`, "latin1"), {
    flags: OPEN.PATH | OPEN.DIRECTORY | OPEN.NOFOLLOW,
    resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
  });
}

function* copyEntry(copy: Copy, entry: MergedEntry, to: Place): Generator<void> {
  const { status } = entry;
  if (linkIfKnown(copy, entry, to)) return;
  if (isType(status, FILE_TYPE.DIRECTORY)) makeDirectoryAt(to.dirFd, to.name, 0o700);
  else if (isType(status, FILE_TYPE.FILE)) yield* copyFile(entry, to);
  else copySpecial(entry, to);
  copyAttributes(entry, to, copy.ownerHostId);
  changeTimeAt(to.dirFd, to.name, status.modified);
  yield;
}

function linkIfKnown({ top, links }: Copy, { status, path }: MergedEntry, to: Place): boolean {
  if (status.links < 2 || isType(status, FILE_TYPE.DIRECTORY)) return false;
  const known = links.get(status.inode);
  if (known === undefined) {
    links.set(status.inode, path);
    return false;
  }
  makeLinkAt({ dirFd: top, name: known }, to);
  return true;
}

function* copyFile({ dirFd, name, status }: MergedEntry, to: Place): Generator<void> {
  const from = openName({ dirFd, name }, OPEN.RDONLY);
  try {
    const target = openName(to, OPEN.WRONLY | OPEN.CREAT | OPEN.EXCL);
    try {
      yield* copyContent({ from, to: target }, status.size);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(from);
  }
}

function openName({ dirFd, name }: Place, flags: number): number {
  const mode = (flags & OPEN.CREAT) === 0 ? {} : { mode: 0o600 };
  return openBeneath(dirFd, Buffer.from(`${name}\0`, "latin1"), {
    flags: flags | OPEN.NOFOLLOW,
    resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
    ...mode,
  });
}

/** Links, devices and pipes. */
function copySpecial({ dirFd, name, status }: MergedEntry, to: Place): void {
  if (!isType(status, FILE_TYPE.SYMLINK)) {
    makeNodeAt(to.dirFd, to.name, { mode: status.mode, device: status.device });
    return;
  }
  const path = Buffer.from(pathAt(dirFd, name).subarray(0, -1));
  makeSymlinkAt(to.dirFd, to.name, readlinkSync(path, { encoding: "latin1" }));
}
