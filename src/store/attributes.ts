import { changeModeAt, changeOwnerAt } from "../linux/at.ts";
import { FILE_TYPE, type FileStatus, isType } from "../linux/statx.ts";
import { SysError } from "../linux/syscall.ts";
import { findXattrAt, listXattrsAt, setXattrAt } from "../linux/xattr.ts";
import { mapAccessList } from "./id-shift.ts";

/** Marks a directory of an overlay's layer that hides all below it. */
export const OPAQUE_XATTR = "trusted.overlay.opaque";

/** The same where the file system keeps that one to itself: for copies only, as there is no overlay. */
export const COPIES_OPAQUE_XATTR = "user.sampan.opaque";

/** A name in an open directory; empty for the directory itself. */
export interface Place {
  readonly dirFd: number;
  readonly name: string;
}

/**
 * Sets the extended attributes that an image may bring. The rest is the host's to say: above all
 * `trusted.overlay.*`, with which a layer could show any file of the layers below as its own.
 */
export function applyXattrs({ dirFd, name }: Place, xattrs: ReadonlyMap<string, Uint8Array>): void {
  for (const [key, value] of xattrs) {
    if (isPortableXattr(key)) applyXattr({ dirFd, name }, key, value);
  }
}

/** Gives a file the owner, mode and attributes of another, shifted by `ownerHostId`. */
export function copyAttributes(
  from: Place & { readonly status: FileStatus },
  to: Place,
  ownerHostId: number,
): void {
  const { mode, uid, gid } = from.status;
  // The owner first: changing it takes set-id bits and capabilities away.
  changeOwnerAt(to.dirFd, to.name, { uid: ownerHostId + uid, gid: ownerHostId + gid });
  if (!isType(from.status, FILE_TYPE.SYMLINK)) changeModeAt(to.dirFd, to.name, mode & 0o7777);
  for (const key of listXattrsAt(from.dirFd, from.name)) {
    const value = isPortableXattr(key) ? findXattrAt(from.dirFd, from.name, key) : undefined;
    if (value !== undefined) applyXattr(to, key, shiftIds(key, value, ownerHostId));
  }
}

/** An access list names users and groups by their ids. */
function shiftIds(key: string, value: Uint8Array, ownerHostId: number): Uint8Array {
  if (!key.startsWith("system.posix_acl_") || ownerHostId === 0) return value;
  return mapAccessList(value, (id) => id + ownerHostId);
}

/** Whether an attribute means the same elsewhere; the others are the host's. */
export function isPortableXattr(key: string): boolean {
  if (key === COPIES_OPAQUE_XATTR) return false;
  return (
    key === "security.capability" || key.startsWith("user.") || key.startsWith("system.posix_acl_")
  );
}

function applyXattr({ dirFd, name }: Place, key: string, value: Uint8Array): void {
  try {
    setXattrAt(dirFd, name, { name: key, value });
  } catch (cause) {
    if (!isDispensable(cause, key)) throw cause;
  }
}

/** Not every file system has all attributes. Only without its capability a program does not work. */
function isDispensable(cause: unknown, key: string): boolean {
  if (!(cause instanceof SysError) || key === "security.capability") return false;
  // EPERM: `user.` attributes are for files and directories only.
  return cause.code === "EOPNOTSUPP" || cause.code === "ENOTSUP" || cause.code === "EPERM";
}
