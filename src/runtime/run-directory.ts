// What is kept of a program in the exec root: the monitor's socket, the record of its end, and what a
// daemon that comes back needs to take it over.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { errnoOf } from "../linux/syscall.ts";

// sun_path has 108 bytes, with the NUL. unix(7)
const MAX_SOCKET_PATH = 107;

/** The run directories below one exec root. */
export class RunDirectories {
  readonly #root: string;

  constructor(execRoot: string) {
    this.#root = `${execRoot}/run`;
    const longest = `${this.pathOf("0".repeat(64))}/s`;
    if (longest.length > MAX_SOCKET_PATH) {
      const room = MAX_SOCKET_PATH - (longest.length - execRoot.length);
      throw new EngineError(
        "invalid",
        `Cannot use exec root "${execRoot}": sockets below it would have names longer than the ` +
          `kernel takes; use one of at most ${room} characters`,
      );
    }
    mkdirSync(this.#root, { recursive: true, mode: 0o700 });
  }

  /** Where the program with this id has its files. */
  pathOf(id: string): string {
    return `${this.#root}/${id}`;
  }

  /** Makes a program's directory anew, with the path of its cgroup. */
  create(id: string, cgroupPath: string): string {
    const path = this.pathOf(id);
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(`${path}/cgroup`, cgroupPath);
    return path;
  }

  /** The path of a program's cgroup; undefined where nothing is known of the program. */
  findCgroup(id: string): string | undefined {
    try {
      return readFileSync(`${this.pathOf(id)}/cgroup`, "utf8");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  list(): readonly string[] {
    return readdirSync(this.#root);
  }

  remove(id: string): void {
    rmSync(this.pathOf(id), { recursive: true, force: true });
  }
}
