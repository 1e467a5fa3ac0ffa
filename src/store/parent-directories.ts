import { closeSync } from "node:fs";
import { makeDirectoryAt, makeNodeAt, unlinkAt } from "../linux/at.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType } from "../linux/statx.ts";
import { findXattrAt, setXattrAt } from "../linux/xattr.ts";
import { COPIES_OPAQUE_XATTR, OPAQUE_XATTR, type Place } from "./attributes.ts";
import { hasCode } from "./disk-error.ts";
import { markImplied } from "./implied-mark.ts";

const MAX_OPEN = 64;
const DEFAULT_MODE = 0o755;

/**
 * The directories of a layer that is being unpacked, as descriptors. A path is resolved with the
 * layer as its root, so a symbolic link, from whichever entry, leads nowhere else. Directories that
 * the archive takes for granted are made, and told.
 */
export class ParentDirectories implements Disposable {
  readonly #rootFd: number;
  readonly #onImplied: (path: string) => void;
  readonly #open = new Map<string, number>();

  /** `onImplied` is told of directories that were made for others. The root stays the caller's to close. */
  constructor(rootFd: number, onImplied: (path: string) => void) {
    this.#rootFd = rootFd;
    this.#onImplied = onImplied;
  }

  /**
   * The descriptor of a directory that may have to be made. It stays this object's to close, and is
   * good until forget(), or until many others were asked for.
   */
  ensure(path: string): number {
    return this.#cached(path) ?? this.#keep(path, this.#openOrMake(path));
  }

  /** The descriptor of a directory that must be there. */
  get(path: string): number {
    return this.#cached(path) ?? this.#keep(path, openInRoot(this.#rootFd, path));
  }

  /** To be called when a directory or a link went away: a path can now lead elsewhere. */
  forget(): void {
    for (const fd of this.#open.values()) closeSync(fd);
    this.#open.clear();
  }

  [Symbol.dispose](): void {
    this.forget();
  }

  #cached(path: string): number | undefined {
    if (path === "") return this.#rootFd;
    const fd = this.#open.get(path);
    if (fd === undefined) return undefined;
    // To the end: the oldest is closed first, and what was just asked for is in use.
    this.#open.delete(path);
    return this.#keep(path, fd);
  }

  #keep(path: string, fd: number): number {
    if (this.#open.size === MAX_OPEN) this.#closeOldest();
    this.#open.set(path, fd);
    return fd;
  }

  #closeOldest(): void {
    for (const [path, fd] of this.#open) {
      this.#open.delete(path);
      closeSync(fd);
      return;
    }
  }

  #openOrMake(path: string): number {
    try {
      return openInRoot(this.#rootFd, path);
    } catch (cause) {
      // ENOTDIR: it may be a whiteout of this layer, which gives way.
      if (!hasCode(cause, ["ENOENT", "ENOTDIR"])) throw cause;
      this.#makeOnTheWay(path);
      return openInRoot(this.#rootFd, path);
    }
  }

  #makeOnTheWay(path: string): void {
    const parts = path.split("/");
    for (const [i, name] of parts.entries()) {
      const parentPath = parts.slice(0, i).join("/");
      const parent = parentPath === "" ? this.#rootFd : openInRoot(this.#rootFd, parentPath);
      try {
        this.#makeImplied(parent, name, parts.slice(0, i + 1).join("/"));
      } finally {
        if (parent !== this.#rootFd) closeSync(parent);
      }
    }
  }

  #makeImplied(dirFd: number, name: string, path: string): void {
    const there = findStatAt(dirFd, name);
    if (there !== undefined && !isWhiteout(there)) return;
    if (there !== undefined) unlinkAt(dirFd, name);
    makeDirectoryAt(dirFd, name, DEFAULT_MODE);
    if (there === undefined) this.#noteImplied(path, { dirFd, name });
    else markOpaque(dirFd, name);
  }

  #noteImplied(path: string, place: Place): void {
    markImplied(place);
    this.#onImplied(path);
  }
}

const NO_DEVICE = { major: 0, minor: 0 };

/**
 * Marks that a name of the layers below is not there any more. An overlay does not let others make
 * its own mark in it: there, where layers are copied, a block device has the same meaning.
 */
export function makeWhiteout(dirFd: number, name: string): void {
  try {
    makeNodeAt(dirFd, name, { mode: FILE_TYPE.CHARACTER, device: NO_DEVICE });
  } catch (cause) {
    if (!hasCode(cause, ["EPERM"])) throw cause;
    makeNodeAt(dirFd, name, { mode: FILE_TYPE.BLOCK, device: NO_DEVICE });
  }
}

/** Whether this is the mark, for overlay file systems, that a name is not there any more. */
export function isWhiteout(status: FileStatus): boolean {
  const { major, minor } = status.device;
  const isDevice = isType(status, FILE_TYPE.CHARACTER) || isType(status, FILE_TYPE.BLOCK);
  return isDevice && major === 0 && minor === 0;
}

/** Lets nothing of the layers below show in a directory. */
export function markOpaque(dirFd: number, name: string): void {
  const value = Buffer.from("y");
  try {
    setXattrAt(dirFd, name, { name: OPAQUE_XATTR, value });
  } catch (cause) {
    if (!hasCode(cause, ["ENOTSUP", "EPERM"])) throw cause;
    setXattrAt(dirFd, name, { name: COPIES_OPAQUE_XATTR, value });
  }
}

/** Whether nothing of the layers below shows in a directory. */
export function isOpaque(dirFd: number, name: string): boolean {
  const marks = [OPAQUE_XATTR, COPIES_OPAQUE_XATTR];
  return marks.some((mark) => findXattrAt(dirFd, name, mark) !== undefined);
}

/** Opens a directory of a tree as if the tree were all there is. */
export function openInRoot(rootFd: number, path: string): number {
  return openBeneath(rootFd, Buffer.from(`${path || "."}\0`, "latin1"), {
    flags: OPEN.PATH | OPEN.DIRECTORY,
    resolve: RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS,
  });
}
