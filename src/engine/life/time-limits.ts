import { explain } from "../../base/errors.ts";
import { parseTime } from "../../base/time.ts";
import type { Container } from "../containers/container.ts";
import type { Context } from "../containers/context.ts";
import { killAndWait } from "../containers/stop.ts";

/** setTimeout() takes no longer times than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Ends containers that have run for as long as they may. */
export class TimeLimits implements Disposable {
  readonly #context: Context;
  readonly #timers = new Map<Container, NodeJS.Timeout>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Waits for the end of its time, counted from its start, whichever daemon started it. */
  begin(container: Container): void {
    const { config, state } = container.record;
    const { timeLimitSeconds } = config.host;
    this.end(container);
    if (timeLimitSeconds === undefined) return;
    const startedMs = Number((parseTime(state.startedAt) ?? 0n) / 1_000_000n);
    const leftMs = startedMs + timeLimitSeconds * 1000 - Date.now();
    const pauseMs = Math.min(Math.max(leftMs, 0), MAX_TIMER_MS);
    const timer = setTimeout(() => {
      if (leftMs > MAX_TIMER_MS) this.begin(container);
      else this.#kill(container).catch(this.#context.report);
    }, pauseMs);
    this.#timers.set(container, timer);
  }

  end(container: Container): void {
    clearTimeout(this.#timers.get(container));
    this.#timers.delete(container);
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #kill(container: Container): Promise<void> {
    const { timeLimitSeconds } = container.record.config.host;
    container.endReason = `It was killed when its time of ${timeLimitSeconds} s was up`;
    await killAndWait(this.#context, container, "time-limit").catch((cause) => {
      throw explain(cause, `Cannot end container "${container.name}" when its time was up`);
    });
  }
}
