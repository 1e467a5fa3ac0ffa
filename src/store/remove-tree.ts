import { closeSync } from "node:fs";
import { EngineError, explain } from "../base/errors.ts";
import { listAt, removeDirectoryAt, renameAt, unlinkAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { findStatAt } from "../linux/statx.ts";
import { SysError } from "../linux/syscall.ts";
import { hasCode } from "./disk-error.ts";

// Every level holds a descriptor. What is deeper is moved up first: a container can make a tree that
// is deeper than a process has descriptors, or than a path has room for.
const MAX_DEPTH = 64;

const SLICE_MS = 5;

/** Removes a file or a directory with all that is in it; no error where there is none. */
export async function removeTree(path: string): Promise<void> {
  let sliceEndsAt = performance.now() + SLICE_MS;
  for (const _ of removing(path)) {
    if (performance.now() < sliceEndsAt) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    sliceEndsAt = performance.now() + SLICE_MS;
  }
}

/** As removeTree(), without letting anything else run meanwhile. */
export function removeTreeSync(path: string): void {
  for (const _ of removing(path));
}

/** As removeTreeSync(), for a name in an open directory. */
export function removeTreeAt(dirFd: number, name: string): void {
  for (const _ of new TreeRemoval(dirFd, shown(name)).remove(dirFd, name, 0));
}

function* removing(path: string): Generator<void> {
  const slash = path.lastIndexOf("/");
  const parent = slash < 0 ? "." : path.slice(0, slash) || "/";
  const dirFd = findDirectory(parent);
  if (dirFd === undefined) return;
  try {
    const name = Buffer.from(path.slice(slash + 1)).toString("latin1");
    yield* new TreeRemoval(dirFd, path).remove(dirFd, name, 0);
  } finally {
    closeSync(dirFd);
  }
}

function findDirectory(path: string): number | undefined {
  try {
    return openDirectory(path);
  } catch (cause) {
    if (hasCode(cause, ["ENOENT"])) return undefined;
    throw cause;
  }
}

/** One removal. It yields after each name, so that its driver can pause. */
class TreeRemoval {
  /** Where what is too deep is moved to: beside the tree's own root, which is removed. */
  readonly #outside: number;
  readonly #subject: string;
  readonly #moved: string[] = [];
  #counter = 0;

  constructor(outside: number, subject: string) {
    this.#outside = outside;
    this.#subject = subject;
  }

  *remove(dirFd: number, name: string, depth: number): Generator<void> {
    yield* this.#removeOne(dirFd, name, depth);
    for (let next = this.#moved.pop(); next !== undefined; next = this.#moved.pop()) {
      yield* this.#removeOne(this.#outside, next, 0);
    }
  }

  *#removeOne(dirFd: number, name: string, depth: number): Generator<void> {
    yield;
    const outcome = tryUnlink(dirFd, name);
    if (outcome === "done") return;
    if (outcome instanceof SysError) throw this.#explain(dirFd, name, outcome);
    if (depth === MAX_DEPTH) {
      this.#moveOut(dirFd, name);
      return;
    }
    yield* this.#empty(dirFd, name, depth);
    try {
      removeDirectoryAt(dirFd, name);
    } catch (cause) {
      throw this.#explain(dirFd, name, cause);
    }
  }

  *#empty(dirFd: number, name: string, depth: number): Generator<void> {
    const fd = openBeneath(dirFd, Buffer.from(`${name}\0`, "latin1"), {
      flags: OPEN.RDONLY | OPEN.DIRECTORY | OPEN.NOFOLLOW,
      resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
    });
    try {
      for (const child of listAt(fd)) yield* this.#removeOne(fd, child, depth + 1);
    } finally {
      closeSync(fd);
    }
  }

  #moveOut(dirFd: number, name: string): void {
    this.#counter += 1;
    const moved = `.removing-${process.pid}-${this.#counter}`;
    renameAt({ dirFd, name }, { dirFd: this.#outside, name: moved });
    this.#moved.push(moved);
  }

  #explain(dirFd: number, name: string, cause: unknown): EngineError {
    const unchangeable = findStatAt(dirFd, name)?.unchangeable === true;
    if (
      unchangeable ||
      (hasCode(cause, ["EPERM"]) && findStatAt(dirFd, "")?.unchangeable === true)
    ) {
      return new EngineError(
        "internal",
        `Cannot remove "${this.#subject}": "${shown(name)}" in it cannot be changed (chattr +i or +a); ` +
          "take the attribute off with chattr -ia, and try again",
        { cause },
      );
    }
    return explain(cause, `Cannot remove "${this.#subject}"`);
  }
}

/** Removes a name without looking at it first: most are files, and empty directories. */
function tryUnlink(dirFd: number, name: string): "done" | "is-directory" | SysError {
  try {
    unlinkAt(dirFd, name);
    return "done";
  } catch (cause) {
    if (hasCode(cause, ["ENOENT"])) return "done";
    if (hasCode(cause, ["EISDIR"])) return "is-directory";
    if (cause instanceof SysError) return cause;
    throw cause;
  }
}

function shown(name: string): string {
  return Buffer.from(name, "latin1").toString();
}
