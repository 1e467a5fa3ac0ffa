import type { ApiTransport } from "../client/api-transport.ts";
import { ContainerApi, type StopOptions } from "../client/containers.ts";
import type { ContainerStats, ProcessTable } from "../client/control-wire.ts";
import { ApiError } from "../client/errors.ts";
import { ExecApi } from "../client/execs.ts";
import type { ContainerDetails, ContainerUpdate, ExitStatus } from "../client/wire.ts";
import { toEnv } from "./container-options.ts";
import { ContainerFiles } from "./files.ts";
import { unlessGone } from "./gone.ts";
import { type OutputChunk, type RunResult, readOutput } from "./output.ts";
import { ContainerProcess, type Input, type TerminalSize } from "./process.ts";
import { toSeconds } from "./time.ts";

/** How a program is run in a container that runs. */
export interface ExecOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly tty?: boolean;
  /** Of its terminal, in characters, from the start on. */
  readonly size?: TerminalSize;
  readonly privileged?: boolean;
}

/** Which part of a log is wanted. */
export interface LogQuery {
  /** Goes on until the container ends. */
  readonly follow?: boolean;
  /** How many of the last lines. */
  readonly tail?: number;
  readonly since?: Date;
  readonly until?: Date;
  readonly timestamps?: boolean;
  readonly signal?: AbortSignal;
}

/** Where a port of a container is published. */
export interface PublishedAt {
  readonly host: string;
  readonly port: number;
}

/** A container. At the end of an `await using` it is removed, by force. */
export class Container {
  readonly id: string;
  readonly files: ContainerFiles;
  readonly #transport: ApiTransport;
  readonly #api: ContainerApi;

  constructor(transport: ApiTransport, id: string) {
    this.id = id;
    this.files = new ContainerFiles(transport, id);
    this.#transport = transport;
    this.#api = new ContainerApi(transport);
  }

  async start(): Promise<void> {
    await this.#api.start(this.id);
  }

  /** Asks it to end, and kills it after the timeout. */
  async stop(options: StopOptions = {}): Promise<void> {
    await this.#api.stop(this.id, options);
  }

  async restart(options: StopOptions = {}): Promise<void> {
    await this.#api.restart(this.id, options);
  }

  async kill(signal = "SIGKILL"): Promise<void> {
    await this.#api.kill(this.id, signal);
  }

  async pause(): Promise<void> {
    await this.#api.pause(this.id);
  }

  async unpause(): Promise<void> {
    await this.#api.unpause(this.id);
  }

  async rename(name: string): Promise<void> {
    await this.#api.rename(this.id, name);
  }

  /** Changes its limits while it runs, as Docker's `HostConfig` has them. */
  async update(changes: ContainerUpdate): Promise<void> {
    await this.#api.update(this.id, changes);
  }

  /** Waits until it does not run, and says how it ended. */
  async wait(condition: "not-running" | "next-exit" | "removed" = "not-running"): Promise<number> {
    const { exit } = await this.#api.wait(this.id, condition);
    return codeOf(await exit);
  }

  /** Everything that the daemon says of it. */
  inspect(): Promise<ContainerDetails> {
    return this.#api.get(this.id);
  }

  /** Where one of its ports, such as `80/tcp`, is published. */
  async publishedAt(port: string): Promise<PublishedAt> {
    const { NetworkSettings } = await this.inspect();
    const [found] = NetworkSettings?.Ports?.[port] ?? [];
    if (found === undefined) throw new Error(`Port "${port}" of ${this.id} is not published`);
    return { host: found.HostIp, port: Number(found.HostPort) };
  }

  /** Runs a program in it to its end. */
  async exec(
    command: readonly string[],
    { stdin, ...options }: ExecOptions & { readonly stdin?: Input } = {},
  ): Promise<RunResult> {
    const process = await this.spawn(command, options);
    return process.finish(stdin);
  }

  /** Starts a program in it, with its input and output open. */
  async spawn(command: readonly string[], options: ExecOptions = {}): Promise<ContainerProcess> {
    const { env = {}, cwd, user, tty = false, size, privileged = false } = options;
    const api = new ExecApi(this.#transport);
    const id = await api.create(this.id, {
      Cmd: command,
      Env: toEnv(env),
      ...(cwd === undefined ? {} : { WorkingDir: cwd }),
      ...(user === undefined ? {} : { User: user }),
      ...{ Tty: tty, Privileged: privileged },
      ...{ AttachStdin: true, AttachStdout: true, AttachStderr: true },
    });
    const consoleSize = size === undefined ? {} : { ConsoleSize: [size.rows, size.columns] };
    const stream = await api.start(id, { Detach: false, Tty: tty, ...consoleSize });
    return new ContainerProcess(stream, {
      tty,
      exitCode: async () => (await api.get(id)).ExitCode ?? 0,
      resize: (size) => api.resize(id, size),
    });
  }

  /** Connects to its own program; before start(), nothing of its output is missed. */
  async attach(): Promise<ContainerProcess> {
    const { Config, HostConfig } = await this.inspect();
    const { OpenStdin, Tty } = Config;
    // Of one that removes itself nothing is known afterwards.
    const removal = HostConfig.AutoRemove ? await this.#api.wait(this.id, "removed") : undefined;
    const streams = { stdin: OpenStdin, stdout: true, stderr: true };
    return new ContainerProcess(await this.#api.attach(this.id, streams), {
      tty: Tty,
      exitCode: async () => (removal === undefined ? this.wait() : codeOf(await removal.exit)),
      resize: (size) => this.#api.resize(this.id, size),
    });
  }

  /** What it has written; with `follow`, also what it will. */
  async *logs(query: LogQuery = {}): AsyncGenerator<OutputChunk> {
    const { follow = false, tail, since, until, timestamps = false, signal } = query;
    const { Config } = await this.inspect();
    const options = {
      ...{ follow, timestamps, details: false },
      since: toSeconds(since),
      until: toSeconds(until),
      tail: tail === undefined ? "" : String(tail),
    };
    const { body } = await this.#api.logs(this.id, options, signal);
    if (body !== null) yield* readOutput(body, Config.Tty);
  }

  /** What it uses: a value each second, until it is removed or the reader stops. */
  async *stats(signal?: AbortSignal): AsyncGenerator<ContainerStats> {
    yield* await this.#api.stats(this.id, { stream: true }, signal);
  }

  /** Its processes. */
  top(psArguments = ""): Promise<ProcessTable> {
    return this.#api.top(this.id, psArguments);
  }

  /** Removes it, also while it runs, and its volumes without a name. That it is gone is no error. */
  async remove(): Promise<void> {
    try {
      await this.#api.remove(this.id, { force: true, volumes: true, link: false });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Somebody else removes it: another call, or its end where it removes itself.
      if (error.status === 409 && IN_PROGRESS.test(error.message)) {
        await unlessGone(this.wait("removed"));
      } else if (error.status !== 404) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}

const IN_PROGRESS = /removal of container .* is already in progress/;

function codeOf({ StatusCode, Error: failure }: ExitStatus): number {
  if (failure?.Message) throw new Error(failure.Message);
  return StatusCode;
}
