import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { getRlimit, parseRlimit, RLIMITS, UNLIMITED } from "./rlimit.ts";

test.each([
  ["RLIMIT_NOFILE", 7],
  ["nofile", 7],
  ["NoFile", 7],
  ["rlimit_core", 4],
  ["rttime", 15],
])("parseRlimit(%j) is %i", (text, number) => {
  expect(parseRlimit(text)).toBe(number);
});

test.each(["", "RLIMIT_", "files", "toString", "RLIMIT_RLIMIT_CPU"])(
  "parseRlimit(%j) is refused",
  (text) => {
    expect(() => parseRlimit(text)).toThrow(`invalid ulimit type: ${text}`);
  },
);

test("the numbers are the kernel's: each limit reads as in /proc/self/limits", () => {
  const lines = readFileSync("/proc/self/limits", "utf8").trim().split("\n").slice(1);
  const shown = lines.map((line) => line.slice(26).trim().split(/\s+/).slice(0, 2).map(toLimit));
  const read = Object.keys(RLIMITS).map((name) => {
    const { soft, hard } = getRlimit(0, name as keyof typeof RLIMITS);
    return [soft, hard];
  });

  expect(read).toEqual(shown);
});

test("getRlimit() of a process that is not there names it", () => {
  expect(() => getRlimit(0x7fff_fffe, "RLIMIT_CPU")).toThrow("prlimit64 RLIMIT_CPU: ESRCH");
});

function toLimit(text: string): bigint {
  return text === "unlimited" ? UNLIMITED : BigInt(text);
}
