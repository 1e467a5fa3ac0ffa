// Extended attributes of a name in an open directory; an empty name is the directory itself. Names of
// files and of attributes are bytes, held as latin1 strings. Symbolic links are not followed.

import { bytesName, pathAt } from "./at.ts";
import { fixedMemory } from "./native.ts";
import { SysError, trySyscall } from "./syscall.ts";

/** The kernel's limits: XATTR_SIZE_MAX and XATTR_LIST_MAX. */
const MAX_BYTES = 65_536;
const ENODATA = 61;
const EOPNOTSUPP = 95;

// One for all calls: an answer is read out of it before anything else runs.
const { memory: answer } = fixedMemory(MAX_BYTES);

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
  const result = trySyscall(call, pathAt(dirFd, name), bytesName(attribute), answer, MAX_BYTES);
  if (result === -ENODATA || result === -EOPNOTSUPP) return undefined;
  if (result < 0) throw new SysError(call, `${attribute} of ${shown(name)}`, -result);
  return Uint8Array.from(answer.subarray(0, result));
}

/** The names of all attributes. llistxattr(2). */
export function listXattrsAt(dirFd: number, name: string): readonly string[] {
  const call = name === "" ? "listxattr" : "llistxattr";
  const result = trySyscall(call, pathAt(dirFd, name), answer, MAX_BYTES);
  if (result === -EOPNOTSUPP) return [];
  if (result < 0) throw new SysError(call, shown(name), -result);
  return answer.toString("latin1", 0, result).split("\0").slice(0, -1);
}

function shown(name: string): string {
  return name === "" ? "the directory" : Buffer.from(name, "latin1").toString();
}
