import { NEVER } from "../../base/time.ts";
import type { Container } from "../containers/container.ts";
import { toRow } from "../containers/record.ts";
import { type StartContext, startHeld } from "../containers/start.ts";
import { stayEnded } from "./end-by-user.ts";
import { enterRestarting, NO_RESTART } from "./enter-restarting.ts";
import { isToStartWithDaemon } from "./restart-policy.ts";

/** Starts containers again when their time has come. */
export class Restarts implements Disposable {
  readonly #context: StartContext;
  readonly #timers = new Map<Container, NodeJS.Timeout>();

  constructor(context: StartContext) {
    this.#context = context;
  }

  /** What a daemon that starts owes to a container that does not run. */
  resume(container: Container): void {
    const { record, pendingRestart } = container;
    if (pendingRestart !== undefined) this.follow(container);
    else if (record.state.status === "restarting" || isDue(container)) {
      container.pendingRestart = { delayMs: 0 };
      this.follow(container);
    }
  }

  /** Waits for its next start, if there is to be one. */
  follow(container: Container): void {
    clearTimeout(this.#timers.get(container));
    this.#timers.delete(container);
    const { pendingRestart } = container;
    if (pendingRestart === undefined) return;
    const timer = setTimeout(() => {
      this.#timers.delete(container);
      this.#startAgain(container).catch(this.#context.report);
    }, pendingRestart.delayMs);
    this.#timers.set(container, timer);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #startAgain(container: Container): Promise<void> {
    await container.lock.run(async () => {
      const isDropped = container.pendingRestart === undefined || container.isRemoved;
      if (isDropped || this.#context.closing.aborted) return;
      try {
        await startHeld(this.#context, container);
      } catch {
        // Why is in its state. What it lacks, such as a port, may be there later.
        this.#giveAnotherTry(container);
      }
    });
  }

  #giveAnotherTry(container: Container): void {
    if (container.isRemoved) return;
    container.pendingRestart = undefined;
    enterRestarting(container);
    // A policy may have changed, or come to the last of its tries.
    if (container.pendingRestart === undefined) stayEnded(this.#context, container);
    else this.#context.store.containers.update(toRow(container.record));
    this.follow(container);
  }
}

function isDue({ record, isRunning }: Container): boolean {
  if (isRunning || record.state.startedAt === NEVER) return false;
  const policy = record.config.host.restart ?? NO_RESTART;
  return isToStartWithDaemon(policy, record.wasStoppedByUser === true);
}
