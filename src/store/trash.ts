import { renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { explain } from "../base/errors.ts";
import { explainDisk, hasCode } from "./disk-error.ts";
import { removeTree } from "./remove-tree.ts";

// The disk makes them wait, not the processor; more at once would only get in each other's way.
const MAX_REMOVALS = 4;

/**
 * Where directories go that nobody shall wait for: they are out of sight at once, and removed in the
 * background. What is left when the process ends is removed when the store is opened the next time.
 */
export class Trash {
  readonly #directory: string;
  readonly #report: (error: unknown) => void;
  readonly #waiting: string[] = [];
  readonly #removing = new Set<string>();
  #running = 0;
  #names = 0;
  #idle = Promise.withResolvers<void>();

  /** `directory` is on the file system of all that is thrown away. */
  constructor(directory: string, report: (error: unknown) => void) {
    this.#directory = directory;
    this.#report = report;
    this.#idle.resolve();
  }

  /** Takes a directory out of sight; no error where there is none. */
  throwAway(path: string): void {
    this.#names += 1;
    const name = join(this.#directory, `trash-${Date.now()}-${this.#names}`);
    try {
      renameSync(path, name);
    } catch (cause) {
      if (hasCode(cause, ["ENOENT"])) return;
      throw explainDisk(cause, `Cannot remove "${path}"`);
    }
    if (this.#running === 0) this.#idle = Promise.withResolvers();
    this.#waiting.push(name);
    this.#removing.add(name);
    if (this.#running < MAX_REMOVALS) void this.#work();
  }

  /** Whether a path in the trash is about to go. */
  isRemoving(path: string): boolean {
    return this.#removing.has(path);
  }

  /** Resolves when nothing is left to remove. */
  settled(): Promise<void> {
    return this.#idle.promise;
  }

  async #work(): Promise<void> {
    this.#running += 1;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      await removeAnyTree(next).catch((cause) => {
        this.#report(explain(cause, "Cannot empty the trash"));
      });
      this.#removing.delete(next);
    }
    this.#running -= 1;
    if (this.#running === 0) this.#idle.resolve();
  }
}

/** A thread of its own is the quick way; it does not manage trees that are deeper than a path is long. */
async function removeAnyTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch {
    // The slow way says better what is in its way.
    await removeTree(path);
  }
}
