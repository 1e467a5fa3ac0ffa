import { closeSync } from "node:fs";
import { makeDirectoryAt, unlinkAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType, statAt } from "../linux/statx.ts";
import { SysError } from "../linux/syscall.ts";
import { setXattrAt } from "../linux/xattr.ts";
import { copyDirectoryAttributes, OPAQUE_XATTR } from "./attributes.ts";

const MAX_OPEN = 64;
const DEFAULT_MODE = 0o755;

/**
 * The directories of a layer that is being unpacked, as descriptors. A path is resolved with the
 * layer as its root, so a symbolic link, from whichever entry, leads nowhere else. Directories that
 * the archive takes for granted are made, and look as they do in the layers below.
 */
export class ParentDirectories implements Disposable {
  readonly #rootFd: number;
  readonly #lowers: readonly string[];
  readonly #open = new Map<string, number>();

  /** `lowers` are the layers below, topmost first. The root stays the caller's to close. */
  constructor(rootFd: number, lowers: readonly string[]) {
    this.#rootFd = rootFd;
    this.#lowers = lowers;
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

  /** Gives a directory what it has in the layers below; false where it is in none of them. */
  inherit(path: string, to: { readonly dirFd: number; readonly name: string }): boolean {
    for (const lower of this.#lowers) {
      const found = lookUp(lower, path);
      if (found === "hidden") return false;
      if (found === "absent") continue;
      copyDirectoryAttributes({ dirFd: found.fd, name: "", status: found.status }, to, 0);
      closeSync(found.fd);
      return true;
    }
    return false;
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
      if (!isCode(cause, "ENOENT") && !isCode(cause, "ENOTDIR")) throw cause;
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
    if (there === undefined) this.inherit(path, { dirFd, name });
    else markOpaque(dirFd, name);
  }
}

/** Whether this is the mark, for overlay file systems, that a name is not there any more. */
export function isWhiteout(status: FileStatus): boolean {
  const { major, minor } = status.device;
  return isType(status, FILE_TYPE.CHARACTER) && major === 0 && minor === 0;
}

/** Lets nothing of the layers below show in a directory. */
export function markOpaque(dirFd: number, name: string): void {
  setXattrAt(dirFd, name, { name: OPAQUE_XATTR, value: Buffer.from("y") });
}

function openInRoot(rootFd: number, path: string): number {
  return openBeneath(rootFd, Buffer.from(`${path || "."}\0`, "latin1"), {
    flags: OPEN.PATH | OPEN.DIRECTORY,
    resolve: RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS,
  });
}

/** A directory of a layer below. "hidden": something there that is none, such as a whiteout. */
function lookUp(
  lower: string,
  path: string,
): { readonly fd: number; readonly status: FileStatus } | "absent" | "hidden" {
  const root = openDirectory(lower);
  try {
    const fd = openInRoot(root, path);
    return { fd, status: statAt(fd, "") };
  } catch (cause) {
    if (isCode(cause, "ENOENT")) return "absent";
    if (isCode(cause, "ENOTDIR") || isCode(cause, "ELOOP")) return "hidden";
    throw cause;
  } finally {
    closeSync(root);
  }
}

function isCode(cause: unknown, code: string): boolean {
  return cause instanceof SysError && cause.code === code;
}
