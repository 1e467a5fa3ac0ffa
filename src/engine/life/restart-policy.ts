import { EngineError } from "../../base/errors.ts";
import { SIG } from "../../linux/signal.ts";
import type { RestartPolicy } from "../model.ts";

/** The pause before the first restart. */
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 60_000;
/** Who ran this long ran well: the pauses begin anew. */
const STEADY_MS = 10_000;

/** What is known when a container's program has ended. */
export interface LifeEnd {
  readonly policy: RestartPolicy;
  readonly exitCode: number;
  readonly ranMs: number;
  /** How often it was restarted since a user started it. */
  readonly restartCount: number;
  /** The end is what a user asked for. */
  readonly wasAsked: boolean;
  /** The pause before the last restart; 0: there was none. */
  readonly lastDelayMs: number;
}

/** How long to wait before a container is started again; undefined: it stays as it is. */
export function planRestart(end: LifeEnd): number | undefined {
  return isToRestart(end) ? nextDelay(end) : undefined;
}

function isToRestart({ policy, exitCode, restartCount, wasAsked }: LifeEnd): boolean {
  if (wasAsked) return false;
  switch (policy.name) {
    case "no":
      return false;
    case "always":
    case "unless-stopped":
      return true;
    case "on-failure":
      return exitCode !== 0 && (policy.maxRetries === 0 || restartCount < policy.maxRetries);
  }
}

function nextDelay({ ranMs, lastDelayMs }: LifeEnd): number {
  if (lastDelayMs === 0 || ranMs >= STEADY_MS) return FIRST_DELAY_MS;
  return Math.min(lastDelayMs * 2, MAX_DELAY_MS);
}

/** Whether a container that does not run is started by a daemon that starts. */
export function isToStartWithDaemon({ name }: RestartPolicy, wasStoppedByUser: boolean): boolean {
  return name === "always" || (name === "unless-stopped" && !wasStoppedByUser);
}

/** Whether who sends this signal wants the container to end: a SIGHUP is sent to what is to go on. */
export function asksToEnd(signal: number, stopSignal: number): boolean {
  if (signal === SIG.SIGKILL || signal === stopSignal) return true;
  // What a terminal's user ends a program with, unless the image says how it is to be ended.
  return stopSignal === SIG.SIGTERM && (signal === SIG.SIGINT || signal === SIG.SIGQUIT);
}

/** Refuses a policy that cannot be one of a container's, with Docker's text. */
export function checkRestartPolicy({ name }: RestartPolicy, autoRemove: boolean): void {
  if (!autoRemove || name === "no") return;
  throw new EngineError("invalid", "can't create 'AutoRemove' container with restart policy");
}
