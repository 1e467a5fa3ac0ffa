import { expect, test } from "bun:test";
import { PHASES } from "./phases.ts";
import type { Step } from "./step.ts";
import { type StartRecord, Stopwatch, toExplainedPlan } from "./trace.ts";

const STEPS: readonly Step[] = [
  { op: "root", args: [], what: "put the root in place", why: "root" },
  { op: "exec", args: ["sh"], what: "become sh", why: "the command" },
];

const RECORD: StartRecord = {
  containerId: "c1",
  phases: Object.assign({}, ...PHASES.map((name) => ({ [name]: `do ${name}` }))),
  steps: STEPS,
};

test("a plan that was not done has its phases and steps, and no times", () => {
  const plan = toExplainedPlan(RECORD);

  expect(plan).toEqual({
    containerId: "c1",
    phases: PHASES.map((name) => ({ name, what: `do ${name}` })),
    steps: [
      { index: 0, op: "root", what: "put the root in place", why: "root" },
      { index: 1, op: "exec", what: "become sh", why: "the command" },
    ],
  });
});

test("one that was done says what each phase and step took, and where the program is", () => {
  const stopwatch = new Stopwatch();
  stopwatch.lap("cgroup");
  const plan = toExplainedPlan({
    ...RECORD,
    stopwatch,
    trace: { waitedNs: 1, totalNs: 2, stepsNs: [30, 40] },
    pids: { outside: 77, inside: 1 },
    namespaces: { user: 4026 },
  });

  expect(plan.phases.find(({ name }) => name === "cgroup")?.tookNs).toBeGreaterThan(0);
  expect(plan.phases.find(({ name }) => name === "steps")).not.toHaveProperty("tookNs");
  expect(plan.steps.map(({ tookNs }) => tookNs)).toEqual([30, 40]);
  expect(plan.pids).toEqual({ outside: 77, inside: 1 });
  expect(plan.namespaces).toEqual({ user: 4026 });
});

test.each([
  ["", "ENOENT"],
  ["overlay: no", "ENOENT (overlay: no)"],
])("one that failed says at which step, and why: %p", (text, error) => {
  const plan = toExplainedPlan({ ...RECORD, failure: { step: 1, errno: 2, text } });

  expect(plan.failed).toEqual({ step: 1, error });
});

test("a stopwatch adds up what passed since the last lap, for each phase", () => {
  const stopwatch = new Stopwatch();
  stopwatch.lap("cgroup");
  const first = stopwatch.tookNs("cgroup") ?? 0;
  stopwatch.lap("cgroup");

  expect(stopwatch.tookNs("cgroup")).toBeGreaterThan(first);
  expect(stopwatch.tookNs("plan")).toBeUndefined();
});
