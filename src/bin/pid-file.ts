import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError } from "../base/errors.ts";
import { errnoOf } from "../linux/syscall.ts";

/** Holds the daemon's process id for others; gone with dispose. A file that a dead daemon left is taken over. */
export class PidFile implements Disposable {
  readonly #path: string;

  constructor(path: string) {
    const other = findOther(path);
    if (other !== undefined) {
      const message = `Cannot start: a daemon with process id ${other} runs already, says ${path}`;
      throw new EngineError("conflict", `${message}; give this one its own by --pidfile`);
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${process.pid}\n`);
    this.#path = path;
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { force: true });
  }
}

/** A process that is there and is a daemon of ours: ids are used again after a restart of the host. */
function findOther(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return undefined;
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return words.includes("daemon") && words.some((word) => word.includes("sampan"))
      ? pid
      : undefined;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return undefined;
    throw error;
  }
}
