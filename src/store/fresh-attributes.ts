import type { TarEntry } from "../base/tar/tar-entry.ts";
import { statAt } from "../linux/statx.ts";
import { keptUmask } from "../linux/umask.ts";
import { findXattrAt } from "../linux/xattr.ts";

const DEFAULT_ACL = "system.posix_acl_default";
const SET_ID = 0o6000;
const SPECIAL = 0o7000;

/**
 * Knows what a file has that was just made in a layer: as long as all of the layer's directories are
 * plain ones of root's, root's files need no change of owner, and most files none of their mode.
 */
export class FreshAttributes {
  #arePlain: boolean;

  /** `rootFd` is the layer's root. Its owner shows whether root's files are root's on this file system. */
  constructor(rootFd: number) {
    const { uid, gid, mode } = statAt(rootFd, "");
    const isRoots =
      uid === 0 && gid === 0 && process.geteuid?.() === 0 && process.getegid?.() === 0;
    this.#arePlain =
      isRoots && (mode & SET_ID) === 0 && findXattrAt(rootFd, "", DEFAULT_ACL) === undefined;
  }

  /** To be told of each directory, as it can give what is made in it a group, a set-id bit or an ACL. */
  noteDirectory({ gid, mode, xattrs }: Pick<TarEntry, "gid" | "mode" | "xattrs">): void {
    if (gid !== 0 || (mode & SET_ID) !== 0 || xattrs.size > 0) this.#arePlain = false;
  }

  /** Whether what is made for this entry is the entry's owner's already. */
  hasOwner({ uid, gid }: TarEntry): boolean {
    return this.#arePlain && uid === 0 && gid === 0;
  }

  /** Whether a file or a directory that is made with this entry's mode has it then. */
  hasMode({ mode, kind }: TarEntry): boolean {
    const umask = keptUmask();
    if (!this.#arePlain || umask === undefined) return false;
    return (kind === "file" || kind === "directory") && (mode & (SPECIAL | umask)) === 0;
  }
}
