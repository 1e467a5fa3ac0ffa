import { expect, test } from "bun:test";
import type { ContainerView } from "../../engine/facade.ts";
import { decodeCreate } from "./create-body.ts";
import { Fields } from "./fields.ts";
import { toHealth, toHealthConfig } from "./healthcheck.ts";

function decode(body: object, version = 51) {
  const fields = Fields.of({ Image: "x", ...body }, "ContainerConfig");
  return decodeCreate(fields, { name: "", platform: "", version }).config;
}

const WIRE = {
  Test: ["CMD", "x"],
  Interval: 1e9,
  Timeout: 2e9,
  StartPeriod: 3e9,
  StartInterval: 1_500_000,
  Retries: 5,
};
const OWN = {
  test: ["CMD", "x"],
  intervalMs: 1000,
  timeoutMs: 2000,
  startPeriodMs: 3000,
  startIntervalMs: 1.5,
  retries: 5,
};

test("a check is read in milliseconds and shown in nanoseconds", () => {
  expect(decode({ Healthcheck: WIRE }).healthcheck).toEqual(OWN);
  expect(toHealthConfig(OWN)).toEqual(WIRE);
});

test("clients from before 1.44 know no start interval", () => {
  const { startIntervalMs: _, ...rest } = OWN;
  expect(decode({ Healthcheck: WIRE }, 43).healthcheck).toEqual(rest);
});

test.each([undefined, null, {}, { Test: [], Interval: 0, Retries: 0 }])(
  "%j asks for nothing",
  (Healthcheck) => {
    expect(decode({ Healthcheck }).healthcheck).toBeUndefined();
  },
);

test.each([
  [{}, {}],
  [{ HealthOnFailure: "none", Timeout: 0 }, {}],
  [
    { HealthOnFailure: "kill", Timeout: 5 },
    { onUnhealthy: "kill", timeLimitSeconds: 5 },
  ],
])("HostConfig %j is %j", (HostConfig, expected) => {
  const { onUnhealthy, timeLimitSeconds } = decode({ HostConfig }).host;
  expect<object>({ onUnhealthy, timeLimitSeconds }).toEqual(expected);
});

test.each([
  [{ HealthOnFailure: "pray" }, 'use "none", "kill", "restart" or "stop"'],
  [{ Timeout: -1 }, "Timeout cannot be negative"],
])("HostConfig %j is refused", (HostConfig, message) => {
  expect(() => decode({ HostConfig })).toThrow(message);
});

test("health is shown in Docker's words", () => {
  const result = { startedAt: "a", endedAt: "b", exitCode: 1, output: "o" };
  const health = { status: "unhealthy", failingStreak: 3, log: [result] } as const;
  expect(toHealth({ health } as Partial<ContainerView> as ContainerView)).toEqual({
    Status: "unhealthy",
    FailingStreak: 3,
    Log: [{ Start: "a", End: "b", ExitCode: 1, Output: "o" }],
  });
});
