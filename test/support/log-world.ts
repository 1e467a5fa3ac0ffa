import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { mustRun } from "./run-program.ts";
import { RuntimeWorld } from "./runtime-world.ts";

/** One line of a json-file log. */
export interface Entry {
  readonly log: string;
  readonly stream: string;
  readonly time: string;
}

/** How a log is written. */
export interface LogWriting {
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  readonly directory?: string;
  /** Undefined: a new one in the directory. */
  readonly path?: string;
  readonly terminal?: boolean;
  readonly number?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Programs that run under a monitor with a log. */
export class LogWorld implements AsyncDisposable {
  readonly #world: RuntimeWorld;
  #made = 0;

  private constructor(world: RuntimeWorld) {
    this.#world = world;
  }

  static async make(): Promise<LogWorld> {
    return new LogWorld(await RuntimeWorld.make());
  }

  get directory(): string {
    return this.#world.dataRoot;
  }

  listRemains(): readonly string[] {
    return this.#world.listRemains();
  }

  /** Runs a script with a log and returns the log's path. */
  async write(script: string, options: LogWriting = {}, input?: Buffer): Promise<string> {
    const { maxBytes = 0, maxFiles = 1, directory = this.#world.dataRoot } = options;
    const { terminal = false, attributes } = options;
    this.#made += 1;
    const { path = join(directory, `log-${this.#made}`) } = options;
    await this.#world.run({
      args: ["sh", "-c", script],
      ...(input === undefined ? {} : { input }),
      process: { terminal },
      stdio: {
        stdin: input !== undefined,
        log: { path, maxBytes, maxFiles, ...(attributes === undefined ? {} : { attributes }) },
        ...(terminal ? { terminal: { rows: 24, columns: 80 } } : {}),
      },
    });
    return path;
  }

  /** Starts a script with a log; it is ended after something has been done with its input. */
  async begin(script: string, options: LogWriting = {}) {
    const { maxBytes = 0, maxFiles = 1, directory = this.#world.dataRoot, number = 1 } = options;
    this.#made += 1;
    const path = join(directory, `log-${this.#made}`);
    const log = { path, maxBytes, maxFiles, number };
    const container = await this.#world.start({
      args: ["sh", "-c", script],
      stdio: { stdin: true, stdinOnce: false, log },
    });
    const { running } = container;
    const world = this.#world;
    return {
      path,
      rotate: () => running.rotateLog(),
      kill: () => {
        const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
        process.kill(Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), "SIGKILL");
      },
      async end(act: (stdin: Duplex) => Promise<void>): Promise<number> {
        const stdin = await running.attach({ stdin: true, stdout: false, stderr: false });
        stdin.resume();
        await act(stdin);
        const { exitCode } = await running.exited;
        stdin.destroy();
        await world.end(container);
        return exitCode;
      },
    };
  }

  /** A disk that is full soon. */
  async withSmallDisk(use: (directory: string) => Promise<void>): Promise<void> {
    this.#made += 1;
    const directory = join(this.#world.dataRoot, `small-${this.#made}`);
    mkdirSync(directory);
    await mustRun(["mount", "-t", "tmpfs", "-o", "size=16k", "small", directory]);
    try {
      await use(directory);
    } finally {
      await mustRun(["umount", directory]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
  }
}

/** The numbers of the files that are full. */
export function numbersOf(path: string): readonly number[] {
  const names = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.`));
  return names.map((name) => Number(name.split(".").at(-1))).sort((one, other) => one - other);
}

/** All entries of a file, each of which must be whole. */
export function readEntries(path: string): readonly Entry[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line): Entry => JSON.parse(line));
}

/** Nothing, where there is no file yet. */
export function readLogText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
