import { chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type CgroupLayout, readCgroupLayout } from "../../src/linux/cgroup-layout.ts";
import type { RuntimeOptions } from "../../src/runtime/host.ts";
import type {
  ExitRecord,
  Running,
  StartHooks,
  StartRequest,
  Stdio,
} from "../../src/runtime/model.ts";
import { Runtime } from "../../src/runtime/runtime.ts";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { containerSpec, FIRST_HOST_ID, MAPPINGS, type SpecOptions } from "./container-spec.ts";
import { collect, type Output } from "./program-output.ts";
import { mustRun } from "./run-program.ts";
import { listRemains } from "./runtime-remains.ts";
import { waitUntil } from "./wait-until.ts";

const INIT = join(import.meta.dir, "../../build/sampan-init");

/** What a test starts: by default with no stdin and nobody to read, but for the world itself. */
export interface ProgramOptions extends SpecOptions {
  readonly stdio?: Partial<Stdio>;
  readonly init?: boolean;
  /** What it reads; its end is then the program's end of input. */
  readonly input?: string | Uint8Array;
  readonly volatile?: boolean;
  readonly hooks?: StartHooks;
}

/** A program that was started, and what it writes. */
export interface Started {
  readonly id: string;
  readonly request: StartRequest;
  readonly running: Running;
  readonly output: Promise<Output>;
}

/** How a program ended, and what it wrote. */
export interface Ended extends Output, ExitRecord {}

/**
 * A runtime with an exec root and cgroups of its own, over a busybox root. Whoever leaves it leaves
 * nothing: at the end it looks for what is still there, and that is an error.
 */
export class RuntimeWorld implements AsyncDisposable {
  readonly dataRoot = mkdtempSync("/var/tmp/sr-");
  // Short: the path of a unix socket has 107 bytes at most.
  readonly execRoot = mkdtempSync("/run/sr-");
  readonly cgroups: CgroupLayout = readCgroupLayout();
  readonly cgroupParent = `/sampan-test-${crypto.randomUUID().slice(0, 8)}`;
  readonly lower = join(this.dataRoot, "lower");
  #runtime: Runtime;
  readonly #started = new Map<string, Running | undefined>();

  private constructor() {
    this.#runtime = this.#makeRuntime();
  }

  static async make(): Promise<RuntimeWorld> {
    const world = new RuntimeWorld();
    mkdirSync(world.lower);
    await mustRun(["tar", "-C", world.lower, "-xf", await ensureBusyboxArchive()]);
    return world;
  }

  get runtime(): Runtime {
    return this.#runtime;
  }

  /** As after a restart of the daemon: all that a runtime has in memory is gone. */
  forget(options: Pick<RuntimeOptions, "patienceMs"> = {}): Runtime {
    this.#runtime = this.#makeRuntime(options);
    return this.#runtime;
  }

  /** A request for a container with an upper directory of its own. */
  request(options: ProgramOptions): StartRequest {
    const id = newId();
    const owner = options.hostUser === true ? 0 : FIRST_HOST_ID;
    const [upper, work] = ["upper", "work"].map((name) => join(this.dataRoot, id, name));
    if (upper === undefined || work === undefined) throw new RangeError("no directories");
    for (const directory of [upper, work]) mkdirSync(directory, { recursive: true });
    chownSync(upper, owner, owner);
    return {
      id,
      spec: containerSpec(`${this.cgroupParent}/${id}`, options),
      root: { lowers: [this.lower], upper, work, volatile: options.volatile ?? true },
      stdio: stdioOf(options),
      ...(options.init === undefined ? {} : { init: options.init }),
    };
  }

  /** Starts a container, with the world as a reader of all that it writes. */
  async start(options: ProgramOptions): Promise<Started> {
    const request = this.request(options);
    this.#started.set(request.id, undefined);
    return this.#follow(request, options, (hooks) => this.#runtime.start(request, hooks));
  }

  /** Starts a further program in a container. */
  async execute({ request, running }: Started, options: ProgramOptions): Promise<Started> {
    const { spec } = request;
    const { process } = this.request({ ...options, hostUser: isHostUser(request) }).spec;
    if (process === undefined || spec.linux === undefined) throw new RangeError("no program");
    const [id, stdio] = [newId(), stdioOf(options)];
    const execRequest = { id, process, stdio, linux: spec.linux };
    return this.#follow({ ...request, id, stdio }, options, (hooks) =>
      this.#runtime.exec(running, execRequest, hooks),
    );
  }

  async run(options: ProgramOptions): Promise<Ended> {
    return this.end(await this.start(options));
  }

  async runExec(container: Started, options: ProgramOptions): Promise<Ended> {
    return ended(await this.execute(container, options));
  }

  /** What a shell writes in a new container; a failure of its is an error. */
  async shell(script: string, options: Partial<ProgramOptions> = {}): Promise<string> {
    const result = await this.run({ args: ["sh", "-ec", script], ...options });
    if (result.exitCode === 0) return result.stdout.trimEnd();
    throw new Error(`exit ${result.exitCode}: ${result.stdout}${result.stderr}`);
  }

  /** Waits for the end of a container and cleans up after it. */
  async end(started: Started): Promise<Ended> {
    const result = await ended(started);
    await this.cleanUp(started.id);
    return result;
  }

  /** Kills a container, and leaves nothing of it. */
  async kill(started: Started): Promise<Ended> {
    started.running.kill(9);
    return this.end(started);
  }

  async cleanUp(id: string): Promise<void> {
    await this.#runtime.cleanup(id);
    this.#started.delete(id);
  }

  /** What is there of this world besides its directories. */
  listRemains(): readonly string[] {
    return listRemains(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const [id, running] of this.#started) {
      killIfThere(running);
      await running?.exited;
      await this.#runtime.cleanup(id);
    }
    let left = this.listRemains();
    const isGone = () => {
      left = this.listRemains();
      return left.length === 0;
    };
    await waitUntil("nothing is left", isGone, 5000).catch(() => {
      throw new Error(`Left behind:\n${left.join("\n")}`);
    });
    await this.#removeDirectories();
  }

  async #removeDirectories(): Promise<void> {
    const roots =
      this.cgroups.version === "2"
        ? [this.cgroups.path]
        : this.cgroups.hierarchies.map(({ path }) => path);
    const parents = roots.map((root) => `${root}${this.cgroupParent}`);
    await mustRun(["sh", "-c", 'for d; do [ ! -d "$d" ] || rmdir "$d"; done', "sh", ...parents]);
    for (const path of [this.dataRoot, this.execRoot]) rmSync(path, { recursive: true });
  }

  async #follow(
    request: StartRequest,
    options: ProgramOptions,
    start: (hooks: StartHooks) => Promise<Running>,
  ): Promise<Started> {
    let output: Promise<Output> = Promise.resolve({ stdout: "", stderr: "", bytes: Buffer.of() });
    const running = await start({
      ...options.hooks,
      beforeExec: async (program) => {
        const stdin = options.input !== undefined;
        const stream = await program.attach({ stdin, stdout: true, stderr: true });
        output = collect(stream, { raw: request.stdio.terminal !== undefined });
        if (options.input !== undefined) stream.end(options.input);
        await options.hooks?.beforeExec?.(program);
      },
    });
    if (this.#started.has(request.id)) this.#started.set(request.id, running);
    return { id: request.id, request, running, output };
  }

  #makeRuntime(options: Pick<RuntimeOptions, "patienceMs"> = {}): Runtime {
    const { execRoot, dataRoot: layerRoot, cgroups } = this;
    return new Runtime({ execRoot, layerRoot, initPath: INIT, cgroups, ...options });
  }
}

/** 64 hex digits. */
export function newId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
}

async function ended({ running, output }: Started): Promise<Ended> {
  const [record, written] = await Promise.all([running.exited, output]);
  return { ...record, ...written };
}

function stdioOf({ stdio = {}, input }: ProgramOptions): Stdio {
  const stdin = input !== undefined;
  return { stdin, stdinOnce: stdin, ...stdio };
}

function isHostUser({ spec }: StartRequest): boolean {
  return spec.linux?.uidMappings !== MAPPINGS;
}

function killIfThere(running: Running | undefined): void {
  try {
    running?.kill(9);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
