// Extended attributes of a name in an open directory; an empty name is the directory itself. Names of
// files and of attributes are bytes, held as latin1 strings. Symbolic links are not followed.

import { bytesName, pathAt } from "./at.ts";
import { SysError, trySyscall } from "./syscall.ts";

/** The kernel's limits: XATTR_SIZE_MAX and XATTR_LIST_MAX. */
const MAX_BYTES = 65_536;
const ENODATA = 61;
const EOPNOTSUPP = 95;

/** lsetxattr(2); setxattr(2) for the directory itself, as its path in /proc is a link. */
export function setXattrAt(
  dirFd: number,
  name: string,
  attribute: { readonly name: string; readonly value: Uint8Array },
): void {
  const call = name === "" ? "setxattr" : "lsetxattr";
  const path = pathAt(dirFd, name);
  const { value } = attribute;
  const result = trySyscall(call, path, bytesName(attribute.name), value, value.byteLength, 0);
  if (result < 0) throw new SysError(call, `${attribute.name} of ${shown(name)}`, -result);
}

/** lgetxattr(2). Undefined where there is none of that name. */
export function findXattrAt(
  dirFd: number,
  name: string,
  attribute: string,
): Uint8Array | undefined {
  const call = name === "" ? "getxattr" : "lgetxattr";
  const value = Buffer.alloc(MAX_BYTES);
  const result = trySyscall(call, pathAt(dirFd, name), bytesName(attribute), value, MAX_BYTES);
  if (result === -ENODATA || result === -EOPNOTSUPP) return undefined;
  if (result < 0) throw new SysError(call, `${attribute} of ${shown(name)}`, -result);
  return Uint8Array.from(value.subarray(0, result));
}

/** The names of all attributes. llistxattr(2). */
export function listXattrsAt(dirFd: number, name: string): readonly string[] {
  const call = name === "" ? "listxattr" : "llistxattr";
  const list = Buffer.alloc(MAX_BYTES);
  const result = trySyscall(call, pathAt(dirFd, name), list, MAX_BYTES);
  if (result === -EOPNOTSUPP) return [];
  if (result < 0) throw new SysError(call, shown(name), -result);
  return list.toString("latin1", 0, result).split("\0").slice(0, -1);
}

function shown(name: string): string {
  return name === "" ? "the directory" : Buffer.from(name, "latin1").toString();
}
