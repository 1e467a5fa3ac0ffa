import { closeSync } from "node:fs";
import { changeOwnerAt, changeTimeAt } from "../linux/at.ts";
import { openDirectory } from "../linux/beneath.ts";
import { type FileStatus, statAt } from "../linux/statx.ts";
import { SysError } from "../linux/syscall.ts";
import { copyAttributes } from "./attributes.ts";
import { isMarkedImplied } from "./implied-mark.ts";
import { openInRoot } from "./parent-directories.ts";

const ROOT = { uid: 0, gid: 0 } as const;

/**
 * Gives directories that an archive took for granted, and said nothing of, what they have in the layers
 * below, topmost first; what is nowhere below becomes root's.
 */
export function inheritDirectories(
  directory: string,
  implied: Iterable<{ readonly path: string }>,
  lowers: readonly string[],
): void {
  using opened = new DisposableStack();
  const open = (path: string) => opened.adopt(openDirectory(path), closeSync);
  const rootFd = open(directory);
  const lowerFds = lowers.map(open);
  for (const { path } of implied) inherit(rootFd, path, lowerFds);
}

function inherit(rootFd: number, path: string, lowerFds: readonly number[]): void {
  const to = lookUp(rootFd, path);
  if (typeof to === "string") return;
  try {
    if (isMarkedImplied(to.status)) settle(to.fd, findBelow(path, lowerFds));
  } finally {
    closeSync(to.fd);
  }
}

function settle(fd: number, from: Found | undefined): void {
  if (from === undefined) {
    changeOwnerAt(fd, ".", ROOT);
    return;
  }
  const source = { dirFd: from.fd, name: "", status: from.status };
  copyAttributes(source, { dirFd: fd, name: "." }, 0);
  changeTimeAt(fd, ".", from.status.modified);
  closeSync(from.fd);
}

interface Found {
  readonly fd: number;
  readonly status: FileStatus;
}

/** What is in the topmost layer that has the name, where that is a directory. */
function findBelow(path: string, lowerFds: readonly number[]): Found | undefined {
  for (const lowerFd of lowerFds) {
    const found = lookUp(lowerFd, path);
    if (found === "hidden") return undefined;
    if (found !== "absent") return found;
  }
  return undefined;
}

/** "hidden": something is there that is no directory, such as a whiteout. */
function lookUp(rootFd: number, path: string): Found | "absent" | "hidden" {
  try {
    const fd = openInRoot(rootFd, path);
    return { fd, status: statAt(fd, "") };
  } catch (cause) {
    if (!(cause instanceof SysError)) throw cause;
    if (cause.code === "ENOENT") return "absent";
    if (cause.code === "ENOTDIR" || cause.code === "ELOOP") return "hidden";
    throw cause;
  }
}
