import { expect, test } from "bun:test";
import { DetachScanner, parseDetachKeys } from "./detach-keys.ts";

test.each([
  [undefined, [16, 17]],
  ["", [16, 17]],
  ["ctrl-p,ctrl-q", [16, 17]],
  ["a", [97]],
  ["CTRL-A,b", [1, 98]],
  ["ctrl-@,ctrl-_,ctrl-[", [0, 31, 27]],
  ["DEL", [127]],
])("parseDetachKeys() reads %p", (text, bytes) => {
  expect([...parseDetachKeys(text)]).toEqual(bytes);
});

test.each(["ctrl-", "ctrl-1", "ab", "a,", "ctrl-é"])("parseDetachKeys() refuses %p", (text) => {
  expect(() => parseDetachKeys(text)).toThrow(`Invalid detach keys (${text}) provided`);
});

// Each row: the sequence, the chunks typed, then what gets through and whether it detached.
test.each([
  ["a,b", ["xaby"], { passed: "x", detached: true }],
  ["a,b", ["xa", "b"], { passed: "x", detached: true }],
  ["a,b", ["xa", "c"], { passed: "xac", detached: false }],
  ["a,b", ["xaab"], { passed: "xa", detached: true }],
  ["a,a,b", ["aaab"], { passed: "a", detached: true }],
  ["a,b,a,c", ["ababac"], { passed: "ab", detached: true }],
  ["a,b,a,c", ["abab", "x"], { passed: "ababx", detached: false }],
  ["a", ["a"], { passed: "", detached: true }],
  ["a,b", ["no keys"], { passed: "no keys", detached: false }],
])("with %s, the input %p comes to %p", (keys, chunks, { passed, detached }) => {
  const scanner = new DetachScanner(parseDetachKeys(keys));
  const results = chunks.map((chunk) => scanner.scan(Buffer.from(chunk)));

  expect(results.map(({ pass }) => Buffer.from(pass).toString()).join("")).toBe(passed);
  expect(results.some((result) => result.detached)).toBe(detached);
});

test("flush() gives back the beginning of a sequence that never ended", () => {
  const scanner = new DetachScanner(parseDetachKeys("a,b"));

  expect(scanner.scan(Buffer.from("xa")).pass).toEqual(new Uint8Array(Buffer.from("x")));
  expect(Buffer.from(scanner.flush()).toString()).toBe("a");
  expect(scanner.flush()).toBeEmpty();
});
