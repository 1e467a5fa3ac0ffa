import { closeSync, readlinkSync } from "node:fs";
import { posix } from "node:path";
import { EngineError } from "../base/errors.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType } from "../linux/statx.ts";
import { hasCode } from "./disk-error.ts";
import { openInRoot } from "./parent-directories.ts";

/** What is at a path in a tree: found as if the tree were all there is, and kept open. */
export interface TreePlace extends Disposable {
  /** The directory that it is in, for calls that take a path. */
  readonly directory: string;
  /** Its name there, as bytes; empty: it is that directory itself. */
  readonly base: string;
  /** What the path calls it: its last part, `.` or `/`. */
  readonly name: string;
  readonly status: FileStatus;
}

/**
 * Finds what is at a path. As in Docker, a link at its end is followed only where a slash comes after.
 * Undefined: nothing is there.
 */
export function findTreePlace(tree: string, path: string): TreePlace | undefined {
  const { parent, base } = splitAsked(path);
  const root = openDirectory(tree);
  try {
    const fd = openInRoot(root, toBytes(parent));
    const status = findStatAt(fd, toBytes(base) || ".");
    if (status === undefined) {
      closeSync(fd);
      return undefined;
    }
    return {
      directory: `/proc/self/fd/${fd}`,
      base: toBytes(base),
      name: isOfContents(path) ? "." : posix.basename(posix.normalize(`/${path}`)) || "/",
      status,
      [Symbol.dispose]: () => closeSync(fd),
    };
  } catch (cause) {
    if (hasCode(cause, ["ENOENT", "ELOOP", "ENAMETOOLONG"])) return undefined;
    if (hasCode(cause, ["ENOTDIR"])) throw new EngineError("invalid", "not a directory", { cause });
    throw cause;
  } finally {
    closeSync(root);
  }
}

const MAX_LINKS = 40;

/**
 * The path without links of what a path in a tree leads to. What is not there is taken by its letters;
 * it can be another thing in the next moment, so this is only for telling and comparing.
 */
export function resolveTreePath(tree: string, path: string): string {
  const root = openDirectory(tree);
  try {
    return resolveIn(root, path);
  } finally {
    closeSync(root);
  }
}

function resolveIn(root: number, path: string): string {
  const waiting = path.split("/").reverse();
  const found: string[] = [];
  let links = 0;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (part === "..") found.pop();
    if (part === "" || part === "." || part === "..") continue;
    const target = links < MAX_LINKS ? findLink(root, [...found, part]) : undefined;
    if (target === undefined) {
      found.push(part);
      continue;
    }
    links += 1;
    if (target.startsWith("/")) found.length = 0;
    waiting.push(...target.split("/").reverse());
  }
  return `/${found.join("/")}`;
}

/** What a link points to; undefined: it is none. */
function findLink(root: number, parts: readonly string[]): string | undefined {
  const name = parts.at(-1) ?? "";
  const parent = findDirectory(root, parts.slice(0, -1).join("/"));
  if (parent === undefined) return undefined;
  try {
    return readlinkSync(`/proc/self/fd/${parent}/${name}`);
  } catch (cause) {
    if (hasCode(cause, ["EINVAL", "ENOENT", "ENOTDIR", "ENAMETOOLONG"])) return undefined;
    throw cause;
  } finally {
    closeSync(parent);
  }
}

function findDirectory(root: number, path: string): number | undefined {
  try {
    const flags = OPEN.PATH | OPEN.DIRECTORY | OPEN.NOFOLLOW;
    const resolve = RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS;
    return openBeneath(root, path || ".", { flags, resolve });
  } catch (cause) {
    if (hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"])) return undefined;
    throw cause;
  }
}

/** As Go's filepath.Split() takes a path apart: what ends in `/` or `/.` is the inside of a directory. */
function splitAsked(path: string): { readonly parent: string; readonly base: string } {
  const clean = posix.normalize(`/${path}`);
  if (clean.endsWith("/") || isOfContents(path)) return { parent: clean, base: "" };
  return { parent: posix.dirname(clean), base: posix.basename(clean) };
}

function isOfContents(path: string): boolean {
  return path === "." || path.endsWith("/.");
}

function toBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

export function isDirectory({ status }: Pick<TreePlace, "status">): boolean {
  return isType(status, FILE_TYPE.DIRECTORY);
}

export function isSymlink({ status }: Pick<TreePlace, "status">): boolean {
  return isType(status, FILE_TYPE.SYMLINK);
}
