import { mkdtempSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { expectNothingLeft, type Snapshot, takeSnapshot } from "./leftovers.ts";
import { type Outcome, type RunOptions, runProgram } from "./run-program.ts";
import { waitUntil } from "./wait-until.ts";

const SAMPAN = join(import.meta.dir, "../../bin/sampan");
const STOP_MS = 20_000;

let count = 0;

/**
 * A real daemon with everything of its own, so that many run side by side. At the end of its scope
 * it removes its containers, stops, and checks that nothing is left on the machine. `KEEP=1` leaves
 * it running.
 */
export class TestDaemon implements AsyncDisposable {
  readonly dataRoot = mkdtempSync("/var/tmp/st-");
  // Short: the path of a unix socket has 107 bytes at most.
  readonly execRoot = mkdtempSync("/run/st-");
  readonly socket = join(this.execRoot, "s.sock");
  readonly host = `unix://${this.socket}`;
  readonly bridge: string;
  /** Of the bridge, in CIDR notation. */
  readonly address: string;
  readonly #before: Snapshot;
  readonly #args: readonly string[];
  #process: Bun.Subprocess | undefined;

  private constructor(before: Snapshot, args: readonly string[]) {
    count += 1;
    this.bridge = `st${process.pid}x${count}`;
    this.address = `10.${128 + ((process.pid >> 8) & 127)}.${(process.pid + count) & 255}.1/24`;
    this.#before = before;
    this.#args = args;
  }

  /** Starts a daemon and waits until it answers. `args` are more options for it. */
  static async start(...args: readonly string[]): Promise<TestDaemon> {
    const before = await takeSnapshot({
      dataRoot: "/var/tmp/st-",
      execRoot: "/run/st-",
      bridge: /^st\d+x\d+$/,
    });
    const daemon = new TestDaemon(before, args);
    try {
      await daemon.startAgain();
    } catch (error) {
      await daemon.#removeHome()[Symbol.asyncDispose]();
      throw error;
    }
    return daemon;
  }

  /** Starts a daemon that has an image `busybox`. */
  static async startWithBusybox(...args: readonly string[]): Promise<TestDaemon> {
    const daemon = await TestDaemon.start(...args);
    await daemon.importBusybox();
    return daemon;
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error("The daemon does not run");
    return this.#process.pid;
  }

  /** Starts the daemon on its old roots after stop() or kill(). */
  async startAgain(): Promise<void> {
    const log = openSync(this.#logPath, "a");
    const own = ["--data-root", this.dataRoot, "--exec-root", this.execRoot, "--host", this.host];
    const network = ["--bridge", this.bridge, "--bip", this.address];
    const child = Bun.spawn([SAMPAN, "daemon", ...own, ...network, ...this.#args], {
      stdin: "ignore",
      stdout: log,
      stderr: log,
    });
    this.#process = child;
    await waitUntil("the daemon answers", async () => {
      if (child.exitCode !== null) throw new Error(`The daemon ended: ${await this.readLog()}`);
      return this.#isAnswering();
    });
  }

  /** Ends the daemon as a user does, and waits for it. Its containers go on. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** What the daemon has said so far. */
  async readLog(): Promise<string> {
    return readFile(this.#logPath, "utf8");
  }

  /** A request to the API. `path` starts with a slash. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://localhost${path}`, { ...init, unix: this.socket });
  }

  /** Runs a command of this project's CLI against this daemon. */
  sampan(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return runProgram([SAMPAN, "--host", this.host, ...args], options);
  }

  /** Runs a command of Docker's CLI against this daemon. */
  docker(args: readonly string[], options?: RunOptions): Promise<Outcome> {
    return runProgram(["docker", "--host", this.host, ...args], options);
  }

  /** Gives the daemon an image, by default `busybox:latest`, with busybox in it. */
  async importBusybox(repository = "busybox"): Promise<void> {
    const query = new URLSearchParams({ fromSrc: "-", repo: repository, tag: "latest" });
    query.append("changes", 'CMD ["sh"]');
    const body = Bun.file(await ensureBusyboxArchive());
    const answer = await this.fetch(`/images/create?${query}`, { method: "POST", body });
    const text = await answer.text();
    if (!answer.ok || text.includes('"error"')) throw new Error(`Cannot import busybox: ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { KEEP } = process.env;
    if (KEEP !== undefined) {
      process.stderr.write(`Left for looking at: ${this.host}, pid ${this.#process?.pid}\n`);
      return;
    }
    await using home = this.#removeHome();
    if (this.#process === undefined) await this.startAgain();
    await this.#removeContainers();
    await this.stop();
    await expectNothingLeft(this.#before, home);
  }

  async #removeContainers(): Promise<void> {
    const answer = await this.fetch("/containers/json?all=1");
    for (const { Id } of (await answer.json()) as readonly { readonly Id: string }[]) {
      const removed = await this.fetch(`/containers/${Id}?force=1&v=1`, { method: "DELETE" });
      // One that removes itself on its end may be faster.
      if (!removed.ok && removed.status !== 404 && removed.status !== 409) {
        throw new Error(`Cannot remove ${Id}: ${await removed.text()}`);
      }
    }
  }

  /** The roots go even when something is left: the next test must not stumble over this one. */
  #removeHome() {
    const { dataRoot, execRoot, bridge } = this;
    return {
      dataRoot,
      execRoot,
      bridge: new RegExp(`^${bridge}$`),
      async [Symbol.asyncDispose]() {
        for (const path of [dataRoot, execRoot]) await rm(path, { recursive: true, force: true });
      },
    };
  }

  async #isAnswering(): Promise<boolean> {
    try {
      return (await this.fetch("/_ping")).ok;
    } catch {
      // Nobody listens yet.
      return false;
    }
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    const status = await child.exited;
    clearTimeout(timer);
    if (signal === "SIGTERM" && status !== 0) {
      throw new Error(`The daemon ended with status ${status}: ${await this.readLog()}`);
    }
  }

  get #logPath(): string {
    return join(this.execRoot, "daemon.log");
  }
}

/** Docker's CLI, where this machine has it. */
export const hasDocker = Bun.which("docker") !== null;
