import { expect, test } from "bun:test";
import { encodePlan, PLAN_LIMITS } from "./plan-encoding.ts";
import { type Argument, passed, type Step } from "./step.ts";

test("encodePlan() writes a count for each step, its fields with their length and a NUL, and a zero", () => {
  const { bytes } = encodePlan([step("mkdir", "/é", 0o755), step("keyring", "")]);

  expect(Buffer.from(bytes).toString("latin1")).toBe(
    [
      "\x03\0",
      "\x05\0\0\0mkdir\0",
      "\x03\0\0\0/\xc3\xa9\0",
      "\x03\0\0\x00493\0",
      "\x02\0",
      "\x07\0\0\0keyring\0",
      "\0\0\0\0\0",
      "\0\0",
    ].join(""),
  );
});

test("encodePlan() numbers descriptors in the order in which they are first named", () => {
  const { bytes, descriptors } = encodePlan([
    step("root", passed("root")),
    step("attach", passed("bind /a"), "/a", "follow"),
    step("attach", passed("root"), "/b", "follow"),
  ]);
  const fields = Buffer.from(bytes).toString("latin1").split("\0");

  expect(descriptors).toEqual(["root", "bind /a"]);
  expect(fields.filter((field) => /^[01]$/.test(field))).toEqual(["0", "1", "0"]);
});

test("encodePlan() takes numbers beyond 2^53 and bytes with NULs as they are", () => {
  const { bytes } = encodePlan([
    step("bounding", 2n ** 64n - 1n),
    step("seccomp", 0, Uint8Array.of(0, 1, 0, 2)),
  ]);
  const text = Buffer.from(bytes).toString("latin1");

  expect(text).toContain("18446744073709551615\0");
  expect(text).toContain("\x04\0\0\0\0\x01\0\x02\0");
});

test.each([
  ["an argument", step("exec", "a\0b")],
  ["a variable", step("environment", "A=\0")],
  ["a path", step("cwd", "/\0")],
])("encodePlan() refuses %s with a NUL", (_, wrong) => {
  expect(() => encodePlan([wrong])).toThrow("it has a NUL");
});

test.each([
  ["bytes", [step("exec", "x".repeat(PLAN_LIMITS.bytes))]],
  ["steps", Array.from({ length: PLAN_LIMITS.steps + 1 }, () => step("umask", 0))],
  ["fields", Array.from({ length: 2 }, () => step("exec", ...Array(40_000).fill("")))],
  ["descriptors", Array.from({ length: 250 }, (_, index) => step("root", passed(`${index}`)))],
])(
  "encodePlan() refuses a plan with too many %s, and says how many are too many",
  (what, steps) => {
    expect(() => encodePlan(steps)).toThrow(
      new RegExp(`its plan has \\d+ ${what}, of \\d+ at most`),
    );
  },
);

test("encodePlan() refuses a step with more fields than its count can say", () => {
  expect(() => encodePlan([step("exec", ...Array(70_000).fill(""))])).toThrow(
    "its plan has 70001 fields, of 65535 at most",
  );
});

function step(op: Step["op"], ...args: readonly Argument[]): Step {
  return { op, args, what: "", why: "" };
}
