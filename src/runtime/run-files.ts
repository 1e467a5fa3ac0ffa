// What is kept of a program in the exec root: the monitor's socket, the record of its end, and what a
// daemon that comes back needs to take it over. They lie side by side, with the program's id for a
// name: a directory for each would cost milliseconds to remove.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EngineError, explain } from "../base/errors.ts";
import { isRootCgroup } from "../linux/cgroup.ts";
import { AT_FDCWD } from "../linux/fd.ts";
import { errnoOf, SysError, trySyscall } from "../linux/syscall.ts";

// sun_path has 108 bytes, with the NUL. unix(7)
const MAX_SOCKET_PATH = 107;

// init/monitor.c makes the first three.
const ENDINGS = [".sock", ".exit", ".exit.new", ".cgroup.new", ".cgroup"] as const;

const ENOENT = 2;

/** The run files below one exec root. */
export class RunFiles {
  readonly #root: string;

  constructor(execRoot: string) {
    this.#root = `${execRoot}/run`;
    const longest = `${this.prefixOf("0".repeat(64))}.sock`;
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

  /** What the paths of a program's files begin with. */
  prefixOf(id: string): string {
    return `${this.#root}/${id}`;
  }

  /** Begins anew for a program, with the path of its cgroup. Returns the prefix. */
  create(id: string, cgroupPath: string): string {
    this.remove(id);
    const path = `${this.prefixOf(id)}.cgroup`;
    // All of it or nothing: of an empty path the daemon that finds it would take all of the host for the
    // program's, and kill it.
    try {
      writeFileSync(`${path}.new`, cgroupPath);
      renameSync(`${path}.new`, path);
    } catch (cause) {
      rmSync(`${path}.new`, { force: true });
      throw explain(cause, `Cannot write "${path}"`);
    }
    return this.prefixOf(id);
  }

  /** The path of a program's cgroup; undefined where nothing is known of the program. */
  findCgroup(id: string): string | undefined {
    try {
      const path = readFileSync(`${this.prefixOf(id)}.cgroup`, "utf8");
      // An earlier version could leave it empty, before anything was made.
      return isRootCgroup(path) ? undefined : path;
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** The ids of the programs that are known. */
  list(): readonly string[] {
    return [...new Set(readdirSync(this.#root).map((name) => name.split(".", 1)[0] ?? ""))];
  }

  /** The cgroup's path goes last: a crash before it leaves what can be removed again. */
  remove(id: string): void {
    for (const ending of ENDINGS) {
      const path = `${this.prefixOf(id)}${ending}`;
      const result = trySyscall("unlinkat", AT_FDCWD, path, 0);
      if (result < 0 && result !== -ENOENT) throw new SysError("unlinkat", path, -result);
    }
  }
}
