import { EngineError } from "../../base/errors.ts";
import type { RootSource, Running } from "../../runtime/model.ts";
import type { SnapshotPaths } from "../../store/snapshots.ts";
import type { WaitCondition } from "../facade.ts";
import type { AttachSession } from "../streams/attach-session.ts";
import { Lock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";

/** How a container ended. */
export interface Outcome {
  readonly exitCode: number;
  readonly error?: string;
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
  /** Clients that attached before the start. */
  readonly waitingSessions = new Set<AttachSession>();
  readonly execIds = new Set<string>();
  /** A restart is under way: the end that it brings about is not to remove the container. */
  isRestarting = false;
  isRemoved = false;
  /** Resolves when its end has been dealt with; replaced at each start. */
  stopped: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Resolves when it is gone. */
  readonly removed: Promise<void>;
  readonly #waiters: Waiter[] = [];
  readonly #resolveRemoved: () => void;

  constructor(record: ContainerRecord) {
    this.record = record;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.removed = promise;
    this.#resolveRemoved = resolve;
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  /** What its root file system is mounted from. */
  get root(): RootSource {
    if (this.paths === undefined) {
      throw new EngineError("internal", `The files of container "${this.name}" are not there yet`);
    }
    // Nothing of a container that goes when it ends must survive a crash of the host.
    return { ...this.paths, volatile: this.record.config.host.autoRemove };
  }

  get isRunning(): boolean {
    return this.running !== undefined;
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
    if (condition === "not-running" && !this.isRunning) return Promise.resolve(this.outcome);
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const waiter = { condition, resolve };
    this.#waiters.push(waiter);
    signal.addEventListener("abort", () => this.#forget(waiter), { once: true });
    return promise;
  }

  /** Tells those who wait for an exit. */
  tellExit(): void {
    this.#tell(({ condition }) => condition !== "removed");
    this.stopped.resolve();
  }

  /** Tells all who wait, whatever for: nothing will ever happen to it again. */
  tellRemoved(): void {
    this.#tell(() => true);
    this.stopped.resolve();
    this.#resolveRemoved();
  }

  #tell(isMet: (waiter: Waiter) => boolean): void {
    for (const waiter of this.#waiters.filter(isMet)) {
      this.#forget(waiter);
      waiter.resolve(this.outcome);
    }
  }

  #forget(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }
}

interface Waiter {
  readonly condition: WaitCondition;
  readonly resolve: (outcome: Outcome) => void;
}
