import { expect, test } from "bun:test";
import type { Health } from "../model.ts";
import { endedHealth, nextHealth, nextPauseMs, startingHealth } from "./health-state.ts";
import type { EffectiveHealthcheck } from "./healthcheck.ts";

const CHECK: EffectiveHealthcheck = { test: ["CMD", "x"], shell: [] };

/** Exit codes of checks, one second apart, and what the health was after each. */
function history(codes: string, check: Partial<EffectiveHealthcheck> = {}): string {
  let health = startingHealth(undefined);
  return codes
    .split(" ")
    .map((code, at) => {
      const result = { startedAt: "", endedAt: "", exitCode: Number(code), output: `${at}` };
      health = nextHealth(
        health,
        { result, sinceStartMs: (at + 1) * 1000 },
        { ...CHECK, ...check },
      );
      return `${health.status}/${health.failingStreak}`;
    })
    .join(" ");
}

test.each<[string, Partial<EffectiveHealthcheck>, string]>([
  ["0", {}, "healthy/0"],
  ["1 1 1", {}, "starting/1 starting/2 unhealthy/3"],
  ["1 1 0", {}, "starting/1 starting/2 healthy/0"],
  ["0 1 1 1", {}, "healthy/0 healthy/1 healthy/2 unhealthy/3"],
  ["1 1 1 0", {}, "starting/1 starting/2 unhealthy/3 healthy/0"],
  ["1 1 1 1", {}, "starting/1 starting/2 unhealthy/3 unhealthy/4"],
  // Any code but 0 is a failure, also that of a check that came to no end.
  ["2 -1 137", {}, "starting/1 starting/2 unhealthy/3"],
  ["1", { retries: 1 }, "unhealthy/1"],
  ["1 1 1", { retries: 0 }, "starting/1 starting/2 unhealthy/3"],
  ["1 1 1 1", { startPeriodMs: 2500, retries: 2 }, "starting/0 starting/0 starting/1 unhealthy/2"],
  // Who was well once has no more time to become so.
  ["0 1", { startPeriodMs: 60_000, retries: 1 }, "healthy/0 unhealthy/1"],
])("%s with %p: %s", (codes, check, states) => {
  expect(history(codes, check)).toBe(states);
});

test("the last five results are kept", () => {
  let health: Health = startingHealth(undefined);
  for (let at = 0; at < 7; at += 1) {
    const result = { startedAt: "", endedAt: "", exitCode: 0, output: `${at}` };
    health = nextHealth(health, { result, sinceStartMs: 0 }, CHECK);
  }
  expect(health.log.map(({ output }) => output).join("")).toBe("23456");
  expect(startingHealth(health)).toEqual({ ...health, status: "starting" });
  expect(endedHealth(health)).toEqual({ ...health, status: "unhealthy" });
});

test.each<[Health["status"], number, Partial<EffectiveHealthcheck>, number]>([
  ["starting", 0, {}, 30_000],
  ["starting", 0, { intervalMs: 700 }, 700],
  ["starting", 0, { startPeriodMs: 1000 }, 5_000],
  ["starting", 0, { startPeriodMs: 1000, startIntervalMs: 20 }, 20],
  ["starting", 1000, { startPeriodMs: 1000, startIntervalMs: 20 }, 30_000],
  ["healthy", 0, { startPeriodMs: 1000, startIntervalMs: 20 }, 30_000],
])(
  "%s %p ms after the start with %p: the next check comes in %p ms",
  (...[status, since, check, ms]) => {
    const health = { status, failingStreak: 0, log: [] };
    expect(nextPauseMs(health, since, { ...CHECK, ...check })).toBe(ms);
  },
);
