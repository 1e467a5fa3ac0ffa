import { expect, test } from "bun:test";
import { whileHalted } from "./while-halted.ts";

function recorder() {
  const calls: string[] = [];
  const observer = {
    freeze: async () => void calls.push("freeze"),
    thaw: async () => void calls.push("thaw"),
  };
  return { calls, runtime: { observer } };
}

test.each([
  ["goes on after the work", { isRunning: true, isPaused: false }, ["freeze", "work", "thaw"]],
  ["is left alone where it is paused", { isRunning: true, isPaused: true }, ["work"]],
  ["is left alone where it does not run", { isRunning: false, isPaused: false }, ["work"]],
])("a container %s", async (_, state, wanted) => {
  const { calls, runtime } = recorder();
  const container = { id: "x", haltsUnderWay: 0, ...state };
  await whileHalted({ runtime }, container, async () => calls.push("work"));
  expect(calls).toEqual(wanted);
});

test("a container that somebody pauses during the work stays paused", async () => {
  const { calls, runtime } = recorder();
  const container = { id: "x", isRunning: true, isPaused: false, haltsUnderWay: 0 };
  await whileHalted({ runtime }, container, async () => {
    container.isPaused = true;
  });
  expect(calls).toEqual(["freeze"]);
});

test("a container stands still until the last of several works is done", async () => {
  const { calls, runtime } = recorder();
  const container = { id: "x", isRunning: true, isPaused: false, haltsUnderWay: 0 };
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const halts = [first, second].map(({ promise }) =>
    whileHalted({ runtime }, container, () => promise),
  );
  first.resolve();
  await halts[0];
  expect(calls).not.toContain("thaw");
  second.resolve();
  await halts[1];
  expect(calls.filter((call) => call === "thaw")).toHaveLength(1);
});
