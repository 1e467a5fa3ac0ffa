import { expect, test } from "bun:test";
import { buildEnv, checkEnv, DEFAULT_PATH, mergeEnv } from "./environment.ts";

const base = { hostname: "web", tty: false, home: "/root" };

test.each([
  [[], ["A=1", "B=2"], ["A=1", "B=2"]],
  [["A=9"], ["A=1", "B=2"], ["A=9", "B=2"]],
  [["A"], ["A=1", "B=2"], ["A", "B=2"]],
  [["C=3"], ["A=1"], ["C=3", "A=1"]],
])("mergeEnv(%p, %p) is %p", (asked, image, expected) => {
  expect(mergeEnv(asked, image)).toEqual(expected);
});

test.each<[Partial<typeof base>, string[], string[]]>([
  [{}, [], [`PATH=${DEFAULT_PATH}`, "HOSTNAME=web", "HOME=/root"]],
  [{ tty: true }, [], [`PATH=${DEFAULT_PATH}`, "HOSTNAME=web", "TERM=xterm", "HOME=/root"]],
  [
    { tty: true },
    ["TERM=vt100"],
    [`PATH=${DEFAULT_PATH}`, "HOSTNAME=web", "TERM=vt100", "HOME=/root"],
  ],
  [{}, ["PATH=/bin", "HOME=/x", "X="], ["PATH=/bin", "HOSTNAME=web", "HOME=/x", "X="]],
  [{}, ["PATH", "A=1", "A=2"], ["HOSTNAME=web", "A=2", "HOME=/root"]],
  [{}, ["A=b=c"], [`PATH=${DEFAULT_PATH}`, "HOSTNAME=web", "A=b=c", "HOME=/root"]],
])("buildEnv() for %p with %p", (change, settings, expected) => {
  expect(buildEnv({ ...base, ...change }, settings)).toEqual(expected);
});

test.each(["=x", "", "A=\0"])("checkEnv() refuses %p", (entry) => {
  expect(() => checkEnv(["OK=1", entry])).toThrow("invalid environment variable");
});
