import { expect, test } from "bun:test";
import { add, listSkips, NOTHING, parseSummary } from "./test-run.mjs";

test.each([
  ["all is well", "\n 12 pass\n 0 fail\n 30 expect() calls\n", [12, 0, 0]],
  ["some are left out", "\n 3 pass\n 1 skip\n 2 todo\n 4 fail\n 1 error\n", [3, 4, 3]],
  ["in colours", "\x1b[0m\x1b[32m 7 pass\x1b[0m\n\x1b[0m\x1b[2m 0 fail\x1b[0m\n", [7, 0, 0]],
  ["over a serial line", " 5 pass\r\n 1 fail\r\n", [5, 1, 0]],
  ["a test prints such lines too", " 99 pass\nRan 1 test\n 2 pass\n 0 fail\n", [2, 0, 0]],
  ["it crashed", "panic: Segmentation fault\n", [0, 0, 0]],
])("parseSummary() counts when %s", (_, output, [passed, failed, skipped]) => {
  expect(parseSummary(output)).toEqual({ passed, failed, skipped });
});

test("listSkips() names the file and the test, with the reason in its name", () => {
  const report = `<testsuite name="a.test.ts">
    <testcase name="runs" classname="" time="0" file="a.test.ts" line="1" assertions="1" />
    <testcase name="a &lt; b (skipped: not root)" classname="" file="a.test.ts" line="2">
      <skipped />
    </testcase>
    <testcase name="fails" classname="" file="a.test.ts" line="3">
      <failure type="E">x</failure>
    </testcase></testsuite>`;
  expect(listSkips(report)).toEqual(["a.test.ts: a < b (skipped: not root)"]);
});

test("add() adds counts and keeps the reasons of both", () => {
  const a = { passed: 1, failed: 2, skipped: 1, skips: ["x"] };
  const b = { passed: 10, failed: 20, skipped: 1, skips: ["y"] };
  expect([a, b].reduce(add, NOTHING)).toEqual({
    passed: 11,
    failed: 22,
    skipped: 2,
    skips: ["x", "y"],
  });
});
