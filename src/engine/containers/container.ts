import { EngineError } from "../../base/errors.ts";
import type { RootSource, Running } from "../../runtime/model.ts";
import type { SnapshotPaths } from "../../store/snapshots.ts";
import type { WaitCondition } from "../facade.ts";
import { isChecked } from "../health/healthcheck.ts";
import type { Health } from "../model.ts";
import type { AttachSession } from "../streams/attach-session.ts";
import { Lock } from "./lock.ts";
import type { LogKeeping } from "./log-keeping.ts";
import type { ContainerRecord } from "./record.ts";

/** How a container ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly error?: string;
}

/** What made the daemon send a signal. */
export type SignalSource = "kill" | "stop" | "stop-timeout" | "remove" | "unhealthy" | "time-limit";

export interface SentSignal {
  readonly signal: number;
  readonly by: SignalSource;
  /** By a clock that nobody sets. */
  readonly atMs: number;
}

/** A container in the daemon's memory: its record as stored, and what only lives as long as it runs. */
export class Container {
  record: ContainerRecord;
  /** Where its files are; undefined while it is being made. */
  paths: SnapshotPaths | undefined;
  /** Its first process, while it runs. */
  running: Running | undefined;
  /** Whatever changes its state holds this. */
  readonly lock = new Lock();
  /** Whatever replaces or removes full files of its log holds this. */
  readonly logLock = new Lock();
  /** What is done with its log; undefined: it has not run since the daemon started. */
  logKeeping: LogKeeping | undefined;
  /** Clients that attached before the start. */
  readonly waitingSessions = new Set<AttachSession>();
  readonly execIds = new Set<string>();
  /** How many restarts are under way: an end that one brings about is not to remove the container. */
  restartsUnderWay = 0;
  /** How many works are under way that its processes stand still for. */
  haltsUnderWay = 0;
  isRemoved = false;
  /** What the daemon sent it since its start, by kind of order; the latest last. */
  sentSignals: readonly SentSignal[] = [];
  /** Its policy will start it again after this pause; it counts as running meanwhile. */
  pendingRestart: { readonly delayMs: number } | undefined;
  /** The pause before the last restart; 0: there was none since a user started it. */
  restartDelayMs = 0;
  /** What its checks have found; undefined: it has none. */
  health: Health | undefined;
  /** Why it is about to be ended, where that is not a user's wish. */
  endReason = "";
  /** Resolves when its end has been dealt with; replaced at each start. */
  stopped: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #waiters: Waiter[] = [];
  readonly #removal = new AbortController();

  constructor(record: ContainerRecord) {
    this.record = record;
    this.health = record.health;
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  /** Comes when it is gone. Unlike a promise it can be listened to for a while, and then no more. */
  get removed(): AbortSignal {
    return this.#removal.signal;
  }

  /** Where its files are. */
  get snapshot(): SnapshotPaths {
    if (this.paths !== undefined) return this.paths;
    throw new EngineError("internal", `The files of container "${this.name}" are not there yet`);
  }

  /** What its root file system is mounted from. */
  get root(): RootSource {
    // Nothing of a container that goes when it ends must survive a crash of the host.
    return toRootSource(this.snapshot, this.record);
  }

  get isRunning(): boolean {
    return this.running !== undefined;
  }

  get isPaused(): boolean {
    return this.record.state.status === "paused";
  }

  /** It runs, or is about to be started again. */
  get isActive(): boolean {
    return this.isRunning || this.pendingRestart !== undefined;
  }

  /** Its first process; an error with Docker's text where there is none. */
  requireProgram(): Running {
    if (this.running !== undefined) return this.running;
    if (this.pendingRestart === undefined) throw notRunning(this.id);
    const state = `Container ${this.id} is restarting, wait until the container is running`;
    throw new EngineError("conflict", state);
  }

  /**
   * The way it ended the last time. Why it could not start is told to who started it: Docker's command
   * line would show it a second time where it comes from here too.
   */
  get outcome(): Outcome {
    return { exitCode: this.record.state.exitCode };
  }

  /** Resolves when `condition` comes true; never, where the signal comes first. */
  wait(condition: WaitCondition, signal: AbortSignal): Promise<Outcome> {
    if (condition === "not-running" && !this.isActive) return Promise.resolve(this.outcome);
    if (condition === "healthy") {
      if (this.isRunning && this.health?.status === "healthy") return Promise.resolve(HEALTHY);
      if (!isChecked(this.record.effective.healthcheck)) {
        const message = `Container ${this.id} has no health check`;
        throw new EngineError("conflict", message);
      }
    }
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const waiter = { condition, resolve };
    this.#waiters.push(waiter);
    signal.addEventListener("abort", () => this.#forget(waiter), { once: true });
    return promise;
  }

  /** Tells those who wait for an exit. */
  tellExit(): void {
    this.#tell(({ condition }) => condition === "not-running" || condition === "next-exit");
    // Where it is started again it may still become so.
    if (!this.isActive) this.#tell(({ condition }) => condition === "healthy", ENDED);
    this.stopped.resolve();
  }

  /** Tells those who wait for it to become well. */
  tellHealthy(): void {
    this.#tell(({ condition }) => condition === "healthy", HEALTHY);
  }

  /** Tells all who wait, whatever for: nothing will ever happen to it again. */
  tellRemoved(): void {
    this.#tell(({ condition }) => condition === "healthy", ENDED);
    this.#tell(() => true);
    this.stopped.resolve();
    this.#removal.abort();
  }

  #tell(isMet: (waiter: Waiter) => boolean, outcome = this.outcome): void {
    for (const waiter of this.#waiters.filter(isMet)) {
      this.#forget(waiter);
      waiter.resolve(outcome);
    }
  }

  #forget(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }
}

/** What a container's root is mounted from. */
export function toRootSource(paths: SnapshotPaths, { config }: ContainerRecord): RootSource {
  const { autoRemove, rootfs } = config.host;
  const directory = rootfs === undefined ? {} : { directory: rootfs };
  return { ...paths, volatile: autoRemove, ...directory };
}
const HEALTHY: Outcome = { exitCode: 0 };
const ENDED: Outcome = { exitCode: 1, error: "The container ended before it was healthy" };

interface Waiter {
  readonly condition: WaitCondition;
  readonly resolve: (outcome: Outcome) => void;
}

export function notRunning(containerId: string, cause?: unknown): EngineError {
  return new EngineError("conflict", `container ${containerId} is not running`, { cause });
}
