import { parseTime } from "../../base/time.ts";
import type { Container } from "../containers/container.ts";
import type { RestartPolicy } from "../model.ts";
import { planRestart } from "./restart-policy.ts";

/** The policy of a container that has none. */
export const NO_RESTART: RestartPolicy = { name: "no", maxRetries: 0 };

/**
 * Has a container that has just ended wait for its next start, where its policy wants one. How long it
 * ran is told by the times that are stored where nobody has counted.
 */
export function enterRestarting(container: Container, ranMs?: number): void {
  const { record } = container;
  const { state, restartCount } = record;
  const delayMs = planRestart({
    policy: record.config.host.restart ?? NO_RESTART,
    exitCode: state.exitCode,
    ranMs: ranMs ?? millisecondsBetween(state.startedAt, state.finishedAt),
    restartCount,
    wasAsked: record.wasStoppedByUser === true,
    lastDelayMs: container.restartDelayMs,
  });
  if (delayMs === undefined) return;
  container.pendingRestart = { delayMs };
  container.restartDelayMs = delayMs;
  container.record = {
    ...record,
    restartCount: restartCount + 1,
    state: { ...state, status: "restarting" },
  };
}

function millisecondsBetween(start: string, end: string): number {
  return Number(((parseTime(end) ?? 0n) - (parseTime(start) ?? 0n)) / 1_000_000n);
}
