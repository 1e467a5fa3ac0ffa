import { formatTime, nowNs, parseTime } from "../../base/time.ts";
import type { PreparedCheck, Running } from "../../runtime/model.ts";
import type { Container } from "../containers/container.ts";
import { containerEvent } from "../containers/container-events.ts";
import { toRow } from "../containers/record.ts";
import type { StartContext } from "../containers/start.ts";
import type { Health, HealthResult } from "../model.ts";
import { goDuration } from "./go-duration.ts";
import { nextHealth, nextPauseMs } from "./health-state.ts";
import { type EffectiveHealthcheck, HEALTH_DEFAULTS } from "./healthcheck.ts";
import { prepareCheck } from "./prepare-check.ts";
import type { Probe } from "./probe.ts";

/** What a container is watched with. */
export interface Watch {
  readonly container: Container;
  readonly running: Running;
  readonly check: EffectiveHealthcheck;
  readonly probe: Probe;
  /** Is called when a container is found to be unhealthy that was not before. */
  readonly onUnhealthy: () => void;
}

/** Asks a container again and again whether it is well, as long as this program of it runs. */
export class HealthMonitor implements Disposable {
  readonly #context: StartContext;
  readonly #watch: Watch;
  #isClosed = false;
  /** The check that is under way, if there is one. */
  #current: AbortController | undefined;
  readonly #startedMs: number;
  #timer: NodeJS.Timeout | undefined;
  #prepared: PreparedCheck | undefined;

  constructor(context: StartContext, watch: Watch) {
    this.#context = context;
    this.#watch = watch;
    const { startedAt } = watch.container.record.state;
    const startedMs = Number((parseTime(startedAt) ?? 0n) / 1_000_000n);
    // From here on by a clock that nobody sets.
    this.#startedMs = performance.now() - Math.max(Date.now() - startedMs, 0);
    this.#waitForNext();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#isClosed = true;
    this.#current?.abort();
  }

  #waitForNext(): void {
    const { container, check } = this.#watch;
    if (this.#isClosed || container.health === undefined) return;
    const pauseMs = nextPauseMs(container.health, performance.now() - this.#startedMs, check);
    this.#timer = setTimeout(
      () => {
        this.#look()
          .catch(this.#context.report)
          .finally(() => this.#waitForNext());
      },
      Math.min(pauseMs, MAX_TIMER_MS),
    );
  }

  async #look(): Promise<void> {
    // What a paused container does not answer says nothing.
    if (this.#isPaused) return;
    const beganMs = performance.now();
    const result = await this.#ask();
    if (this.#isClosed || this.#isPaused) return;
    this.#take(result, beganMs - this.#startedMs);
  }

  get #isPaused(): boolean {
    return this.#watch.container.record.state.status !== "running";
  }

  /** Asks once. What keeps it from being asked is a result too, and no error of the daemon's. */
  async #ask(): Promise<HealthResult> {
    const { check } = this.#watch;
    const timeoutMs = check.timeoutMs ?? HEALTH_DEFAULTS.timeoutMs;
    const startedAt = formatTime(nowNs());
    const giveUp = new AbortController();
    this.#current = giveUp;
    const timer = setTimeout(() => giveUp.abort(TOO_LONG), Math.min(timeoutMs, MAX_TIMER_MS));
    try {
      const { exitCode, output, isCut } = await (await this.#prepare()).run(giveUp.signal);
      return {
        startedAt,
        endedAt: formatTime(nowNs()),
        exitCode,
        output: isCut ? `${output}...` : output,
      };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const output = giveUp.signal.aborted
        ? `Health check exceeded timeout (${goDuration(timeoutMs)})`
        : why;
      return { startedAt, endedAt: formatTime(nowNs()), exitCode: -1, output };
    } finally {
      clearTimeout(timer);
    }
  }

  async #prepare(): Promise<PreparedCheck> {
    const { container, running, probe } = this.#watch;
    this.#prepared ??= await prepareCheck(this.#context, container, { running, probe });
    return this.#prepared;
  }

  #take(result: HealthResult, sinceStartMs: number): void {
    const { container, check, onUnhealthy } = this.#watch;
    const before = container.health;
    if (before === undefined) return;
    const health = nextHealth(before, { result, sinceStartMs }, check);
    container.health = health;
    if (health.status === before.status) return;
    enterHealth(this.#context, container, health);
    if (health.status === "unhealthy") onUnhealthy();
  }
}

/** setTimeout() takes no longer times than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const TOO_LONG = new Error("the check took too long");

/** Takes note of a container's new health, and tells of it. */
function enterHealth(context: StartContext, container: Container, health: Health): void {
  container.record = { ...container.record, health };
  context.store.containers.update(toRow(container.record));
  context.events.publish(containerEvent(container.record, `health_status: ${health.status}`));
  if (health.status === "healthy") container.tellHealthy();
}
