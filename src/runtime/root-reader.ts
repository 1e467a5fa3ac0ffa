// Reading what is in a container's root without running anything in it. Links are followed, but
// never out of the root: the kernel resolves the path inside it. openat2(2), RESOLVE_IN_ROOT

import { readSync } from "node:fs";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { Descriptor, openFile } from "../linux/fd.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType, statAt } from "../linux/statx.ts";
import { errnoOf } from "../linux/syscall.ts";

// No file that is read here is ever larger: passwd, group, and the heads of programs.
const MAX_BYTES = 8 * 1024 * 1024;

/** Opens a path in a root; undefined where there is nothing, or not what the flags ask for. */
export function openInRoot(root: Descriptor, path: string, flags: number): Descriptor | undefined {
  try {
    const resolve = RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS;
    return new Descriptor(openBeneath(root.number, path, { flags, resolve }));
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined;
    throw error;
  }
}

/** The first bytes of a file in a root; undefined where there is no such file. */
export function readInRoot(
  root: Descriptor,
  path: string,
  maxBytes = MAX_BYTES,
): Buffer | undefined {
  using found = openInRoot(root, path, OPEN.PATH);
  // An image may have a device or a pipe there: opening one is more than looking.
  if (found === undefined || !isType(statAt(found.number, ""), FILE_TYPE.FILE)) return undefined;
  using file = openFile(found.path, OPEN.RDONLY);
  const parts: Buffer[] = [];
  for (let left = maxBytes; left > 0; ) {
    const part = Buffer.allocUnsafe(Math.min(left, 64 * 1024));
    const size = readSync(file.number, part, 0, part.byteLength, null);
    if (size === 0) break;
    parts.push(part.subarray(0, size));
    left -= size;
  }
  return Buffer.concat(parts);
}

/** What kind of file is at a path in a root, after links; undefined where there is nothing. */
export function statInRoot(root: Descriptor, path: string): FileStatus | undefined {
  using file = openInRoot(root, path, OPEN.PATH);
  return file === undefined ? undefined : findStatAt(file.number, "");
}
