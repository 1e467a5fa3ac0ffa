import type { Health, HealthResult } from "../model.ts";
import { type EffectiveHealthcheck, HEALTH_DEFAULTS } from "./healthcheck.ts";

const KEPT_RESULTS = 5;

/** The health of a container that has just been started; what earlier checks have found stays. */
export function startingHealth(before: Health | undefined): Health {
  return { status: "starting", failingStreak: 0, log: before?.log ?? [] };
}

/** Of a container that does not run, Docker says that it is not well. */
export function endedHealth(before: Health): Health {
  return { ...before, status: "unhealthy" };
}

/** A check's result, and how long after the start of the container it was begun. */
export interface Finding {
  readonly result: HealthResult;
  readonly sinceStartMs: number;
}

/** What a container's health is after one more check. */
export function nextHealth(
  health: Health,
  { result, sinceStartMs }: Finding,
  { startPeriodMs = HEALTH_DEFAULTS.startPeriodMs, retries = 0 }: EffectiveHealthcheck,
): Health {
  const log = [...health.log, result].slice(-KEPT_RESULTS);
  if (result.exitCode === 0) return { status: "healthy", failingStreak: 0, log };
  // Until it was well once, it has its time to become so.
  if (health.status === "starting" && sinceStartMs < startPeriodMs) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  const most = retries > 0 ? retries : HEALTH_DEFAULTS.retries;
  return { status: failingStreak >= most ? "unhealthy" : health.status, failingStreak, log };
}

/** How long to wait before the next check. */
export function nextPauseMs(
  { status }: Health,
  sinceStartMs: number,
  check: EffectiveHealthcheck,
): number {
  const { intervalMs, startPeriodMs, startIntervalMs } = { ...HEALTH_DEFAULTS, ...check };
  return status === "starting" && sinceStartMs < startPeriodMs ? startIntervalMs : intervalMs;
}
