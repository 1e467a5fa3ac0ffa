import { expect, test } from "bun:test";
import { asksToEnd, isToStartWithDaemon, type LifeEnd, planRestart } from "./restart-policy.ts";

const CRASH: LifeEnd = {
  policy: { name: "always", maxRetries: 0 },
  exitCode: 1,
  ranMs: 5,
  restartCount: 0,
  wasAsked: false,
  lastDelayMs: 0,
};

test("the pauses double from 100 ms to a minute", () => {
  const delays: number[] = [];
  for (let lastDelayMs = 0; delays.length < 13; lastDelayMs = delays.at(-1) ?? 0) {
    delays.push(planRestart({ ...CRASH, lastDelayMs }) ?? -1);
  }
  expect(delays.join(" ")).toBe(
    "100 200 400 800 1600 3200 6400 12800 25600 51200 60000 60000 60000",
  );
});

test.each([
  [9_999, 1600],
  [10_000, 100],
  // The clock was set back.
  [-5_000, 1600],
])("after %p ms of running the pause of 800 ms becomes %p", (ranMs, delayMs) => {
  expect(planRestart({ ...CRASH, lastDelayMs: 800, ranMs })).toBe(delayMs);
});

test.each<[string, Partial<LifeEnd>, boolean]>([
  ["no", {}, false],
  ["always", {}, true],
  ["always", { exitCode: 0 }, true],
  ["always", { wasAsked: true }, false],
  ["unless-stopped", { exitCode: 0 }, true],
  ["unless-stopped", { wasAsked: true }, false],
  ["on-failure", {}, true],
  ["on-failure", { exitCode: 0 }, false],
  ["on-failure", { wasAsked: true }, false],
  ["on-failure", { restartCount: 1000 }, true],
  ["on-failure:3", { restartCount: 2 }, true],
  ["on-failure:3", { restartCount: 3 }, false],
])("%s with %p restarts: %p", (policy, end, restarts) => {
  const [name = "", count = "0"] = policy.split(":");
  const parsed = { name: name as LifeEnd["policy"]["name"], maxRetries: Number(count) };
  expect(planRestart({ ...CRASH, policy: parsed, ...end }) !== undefined).toBe(restarts);
});

test.each([
  ["no", false, false],
  ["always", false, true],
  ["always", true, true],
  ["unless-stopped", false, true],
  ["unless-stopped", true, false],
  // Docker's documentation: it does not restart the container if the daemon restarts.
  ["on-failure", false, false],
] as const)(
  "a daemon that starts finds %s, stopped by a user: %p; starts it: %p",
  (name, was, is) => {
    expect(isToStartWithDaemon({ name, maxRetries: 0 }, was)).toBe(is);
  },
);

test.each([
  [9, 15, true],
  [15, 15, true],
  [2, 15, true],
  [3, 15, true],
  [1, 15, false],
  [10, 15, false],
  // It says itself how it is to be ended.
  [3, 3, true],
  [15, 3, false],
  [1, 1, true],
])("signal %p to one that stops by %p is a wish that it ends: %p", (signal, stopSignal, asks) => {
  expect(asksToEnd(signal, stopSignal)).toBe(asks);
});
