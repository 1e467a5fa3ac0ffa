import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../base/errors.ts";
import { SysError, syscall } from "../linux/syscall.ts";
import { explainDisk } from "./disk-error.ts";

const LOCK_EX = 2;
const LOCK_NB = 4;

/**
 * Holds `file` for this process, so that one data root has one daemon. The kernel lets go of it when
 * the process dies, however it dies. flock(2).
 */
export class RootLock implements Disposable {
  #fd: number | undefined;

  constructor(file: string) {
    const fd = openLock(file);
    this.#fd = fd;
    try {
      syscall("flock", { subject: file, args: [fd, LOCK_EX | LOCK_NB] });
      ftruncateSync(fd);
      writeSync(fd, `${process.pid}\n`);
    } catch (cause) {
      closeSync(fd);
      throw isHeld(cause) ? heldError(file, cause) : explainDisk(cause, `Cannot lock "${file}"`);
    }
  }

  [Symbol.dispose](): void {
    // Only once: the number may be another file's by then.
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

function openLock(file: string): number {
  try {
    // "a+": the holder's pid must still be there to read when the lock is refused.
    return openSync(file, "a+", 0o600);
  } catch (cause) {
    throw explainDisk(cause, `Cannot use the data root "${dirname(file)}"`);
  }
}

function isHeld(cause: unknown): boolean {
  return cause instanceof SysError && cause.code === "EAGAIN";
}

function heldError(file: string, cause: unknown): EngineError {
  const pid = readFileSync(file, "utf8").trim() || "unknown";
  return new EngineError(
    "conflict",
    `Cannot lock "${file}": another daemon (pid ${pid}) uses this data root; ` +
      "stop it, or choose another --data-root",
    { cause },
  );
}
