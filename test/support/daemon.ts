import { randomInt } from "node:crypto";
import { mkdtempSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { expectNothingLeft, type Home, type Snapshot, takeSnapshot } from "./leftovers.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import { PATIENCE_MS } from "./patience.ts";
import { type Outcome, type RunOptions, runProgram } from "./run-program.ts";
import { waitUntil } from "./wait-until.ts";

const SAMPAN = join(import.meta.dir, "../../bin/sampan");

const BRIDGE_NAME = "com.docker.network.bridge.name";

let count = 0;

/** How a daemon is started, and where its network is; undefined: on the host. */
interface Placement {
  readonly args: readonly string[];
  readonly namespace?: NetworkNamespace;
}

interface NetworkRow {
  readonly Id: string;
  readonly Driver: string;
  readonly Options: Readonly<Record<string, string>> | null;
}

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
  readonly #namespace: NetworkNamespace | undefined;
  #process: Bun.Subprocess | undefined;

  private constructor(before: Snapshot, { args, namespace }: Placement) {
    count += 1;
    this.bridge = `st${process.pid}x${count}`;
    // By chance: counted numbers of two runs side by side meet sooner.
    this.address = `10.${randomInt(128, 256)}.${randomInt(256)}.1/24`;
    this.#before = before;
    this.#args = args;
    this.#namespace = namespace;
  }

  /** Starts a daemon and waits until it answers. `args` are more options for it. */
  static start(...args: readonly string[]): Promise<TestDaemon> {
    return TestDaemon.#start({ args });
  }

  /** As startWithBusybox(), in a network namespace that plays the host: its links and firewall are the test's. */
  static async startIn(
    namespace: NetworkNamespace,
    ...args: readonly string[]
  ): Promise<TestDaemon> {
    const daemon = await TestDaemon.#start({ args, namespace });
    await daemon.importBusybox();
    return daemon;
  }

  static async #start(placement: Placement): Promise<TestDaemon> {
    const { namespace } = placement;
    const before = await takeSnapshot({
      dataRoot: "/var/tmp/st-",
      execRoot: "/run/st-",
      links: /^st\d+x\d+$/,
      ...(namespace === undefined ? {} : { namespace }),
    });
    const daemon = new TestDaemon(before, placement);
    try {
      await daemon.startAgain();
    } catch (error) {
      await daemon.#removeRoots()[Symbol.asyncDispose]();
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

  /** Starts the daemon on its old roots after stop() or kill(); `more` are options of this start. */
  async startAgain(...more: readonly string[]): Promise<void> {
    const log = openSync(this.#logPath, "a");
    const own = ["--data-root", this.dataRoot, "--exec-root", this.execRoot, "--host", this.host];
    const network = ["--bridge", this.bridge, "--bip", this.address];
    // nsenter becomes the daemon: the process is the same.
    const enter = this.#namespace === undefined ? [] : ["nsenter", `--net=${this.#namespace.path}`];
    const command = [...enter, SAMPAN, "daemon", ...own, ...network, ...this.#args, ...more];
    const child = Bun.spawn(command, {
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
    // The roots go even when something is left: the next test must not stumble over this one.
    await using _ = this.#removeRoots();
    if (this.#process === undefined) await this.startAgain();
    await this.#removeContainers();
    const bridges = await this.#pruneNetworks();
    await this.stop();
    await expectNothingLeft(this.#before, this.#homeWith(bridges));
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

  /** Says what the bridges of those that it removed were called. */
  async #pruneNetworks(): Promise<readonly string[]> {
    const answer = await this.fetch("/networks");
    const networks = (await answer.json()) as readonly NetworkRow[];
    await this.fetch("/networks/prune", { method: "POST" });
    return networks
      .filter(({ Driver }) => Driver === "bridge")
      .map(({ Id, Options }) => Options?.[BRIDGE_NAME] ?? `br-${Id.slice(0, 12)}`);
  }

  #homeWith(bridges: readonly string[]): Home {
    const { dataRoot, execRoot, bridge } = this;
    return {
      dataRoot,
      execRoot,
      links: new RegExp(`^(${[bridge, ...bridges].map(RegExp.escape).join("|")})$`),
      ...(this.#namespace === undefined ? {} : { namespace: this.#namespace }),
    };
  }

  #removeRoots(): AsyncDisposable {
    const { dataRoot, execRoot } = this;
    return {
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
    const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
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
