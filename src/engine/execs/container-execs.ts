import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import { type Container, notRunning } from "../containers/container.ts";
import { containerEvent } from "../containers/container-events.ts";
import type { StartContext } from "../containers/start.ts";
import { hasEnded } from "../containers/sudden-end.ts";
import type { ExecConfig, ExecStart, Execs, ExecView, Session, WindowSize } from "../facade.ts";
import { checkEnv } from "../spec/environment.ts";
import { AttachSession } from "../streams/attach-session.ts";
import { parseDetachKeys } from "../streams/detach-keys.ts";
import { encodeFrame } from "../streams/frames.ts";
import { Exec } from "./exec.ts";
import { planExec } from "./exec-request.ts";

/** How many execs of a container that have ended can still be asked for. */
const KEPT_ENDED = 256;
/** What an exec that could not start is said to have exited with, if nothing better is known. */
const CANNOT_RUN = 126;

/** Further programs in containers that run. They live in the daemon's memory only. */
export class ContainerExecs implements Execs {
  readonly #context: StartContext;
  readonly #execs = new Map<string, Exec>();

  constructor(context: StartContext) {
    this.#context = context;
  }

  async create(ref: string, config: ExecConfig): Promise<string> {
    const container = this.#context.containers.get(ref);
    container.requireProgram();
    requireNotPaused(container);
    if (config.command.length === 0) throw new EngineError("invalid", "No exec command specified");
    checkEnv(config.env);
    parseDetachKeys(config.detachKeys);
    const exec = new Exec(randomBytes(32).toString("hex"), container, config);
    this.#keep(exec);
    this.#tell(exec, `exec_create: ${config.command.join(" ")}`);
    return exec.id;
  }

  async start(id: string, options: ExecStart): Promise<Session> {
    const exec = this.#take(id);
    return { tty: exec.config.tty, serve: (client) => this.#serve(exec, options, client) };
  }

  async startDetached(id: string, options: ExecStart): Promise<void> {
    await this.#run(this.#take(id), options);
  }

  async resize(id: string, size: WindowSize): Promise<void> {
    const exec = this.#get(id);
    await requireRunning(id, exec.running).resize(size);
  }

  async get(id: string): Promise<ExecView> {
    return this.#get(id).view();
  }

  #get(id: string): Exec {
    const exec = this.#execs.get(id);
    if (exec !== undefined && !exec.container.isRemoved) return exec;
    throw new EngineError("not-found", `No such exec instance: ${id}`);
  }

  /** Whoever has taken it starts it: it cannot be taken twice. */
  #take(id: string): Exec {
    const exec = this.#get(id);
    if (exec.isStarted) {
      const state = exec.hasEnded ? "has already run" : "is already running";
      throw new EngineError("conflict", `Error: Exec command ${id} ${state}`);
    }
    exec.container.requireProgram();
    requireNotPaused(exec.container);
    exec.isStarted = true;
    return exec;
  }

  /** The stream is open by now: what goes wrong is told in it. */
  async #serve(exec: Exec, options: ExecStart, client: Duplex): Promise<void> {
    const { tty, attach, detachKeys } = exec.config;
    const failure = Promise.withResolvers<Uint8Array | undefined>();
    const session = new AttachSession({
      tty,
      ...attach,
      ...(tty && attach.stdin ? { detachKeys: parseDetachKeys(detachKeys) } : {}),
      epilogue: failure.promise,
      onEnd: (end) => {
        if (end === "detached") this.#tell(exec, "exec_detach");
      },
    });
    const served = session.serve(client);
    try {
      await this.#run(exec, options, session);
      failure.resolve(undefined);
    } catch (error) {
      const text = Buffer.from(`${error instanceof Error ? error.message : String(error)}\r\n`);
      failure.resolve(tty ? text : encodeFrame("stdout", text));
      session.cancel();
    }
    await served;
  }

  async #run(exec: Exec, options: ExecStart, session?: AttachSession): Promise<void> {
    const { container, config } = exec;
    const own = container.running;
    try {
      const program = container.requireProgram();
      const request = await planExec(this.#context, exec, { running: program, options });
      this.#tell(exec, `exec_start: ${config.command.join(" ")}`);
      const running = await this.#context.runtime.exec(program, request, {
        beforeExec: async (started) => await session?.connect(started),
      });
      exec.enterRunning(running);
      this.#watch(exec, running.exited);
    } catch (error) {
      const exitCode = error instanceof EngineError ? error.exitCode : undefined;
      exec.enterEnded(exitCode ?? CANNOT_RUN);
      // Where the program itself cannot be run there is an exit code.
      const isUnexplained = exitCode === undefined && own !== undefined;
      if (isUnexplained && (await hasEnded(own))) throw notRunning(container.id, error);
      throw error;
    }
  }

  #watch(exec: Exec, exited: Promise<{ readonly exitCode: number }>): void {
    exited
      .then(({ exitCode }) => {
        exec.enterEnded(exitCode);
        this.#tell(exec, "exec_die", { exitCode: String(exitCode) });
      })
      .catch(this.#context.report);
  }

  #keep(exec: Exec): void {
    const { container } = exec;
    const { execIds } = container;
    if (execIds.size === 0) {
      const forget = () => {
        for (const id of execIds) this.#execs.delete(id);
      };
      container.removed.addEventListener("abort", forget, { once: true });
    }
    this.#forgetOldest(execIds);
    this.#execs.set(exec.id, exec);
    execIds.add(exec.id);
  }

  /** A container that is asked for its health every second would else keep them for ever. */
  #forgetOldest(ids: Set<string>): void {
    for (const id of ids) {
      if (ids.size < KEPT_ENDED) return;
      if (this.#execs.get(id)?.hasEnded === false) continue;
      this.#execs.delete(id);
      ids.delete(id);
    }
  }

  #tell(exec: Exec, action: string, attributes: Readonly<Record<string, string>> = {}): void {
    const { record } = exec.container;
    this.#context.events.publish(
      containerEvent(record, action, { execID: exec.id, ...attributes }),
    );
  }
}

function requireRunning<Program>(id: string, program: Program | undefined): Program {
  if (program !== undefined) return program;
  throw new EngineError("conflict", `container ${id} is not running`);
}

function requireNotPaused({ id, isPaused }: Container): void {
  if (!isPaused) return;
  const message = `Container ${id} is paused, unpause the container before exec`;
  throw new EngineError("conflict", message);
}
