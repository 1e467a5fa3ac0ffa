import { describe, expect, test } from "bun:test";
import { DetachKeyFilter, parseDetachKeys } from "./detach-keys.ts";

test.each([
  ["", [16, 17]],
  ["ctrl-p,ctrl-q", [16, 17]],
  ["ctrl-@", [0]],
  ["ctrl-_,a", [31, 97]],
  ["ctrl-[", [27]],
  ["CTRL-A", [1]],
])("parseDetachKeys() reads %p", (written, bytes) => {
  expect([...parseDetachKeys(written)]).toEqual(bytes);
});

test.each(["ctrl-", "ctrl-1", "xy", "a,", "é"])("parseDetachKeys() refuses %p", (written) => {
  expect(() => parseDetachKeys(written)).toThrow("Unknown character");
});

describe("DetachKeyFilter", () => {
  const feed = (keys: string, chunks: readonly string[]) => {
    const filter = new DetachKeyFilter(parseDetachKeys(keys));
    const seen = chunks.map((chunk) => filter.push(Buffer.from(chunk)));
    return [
      seen.map(({ input }) => Buffer.from(input).toString()).join(""),
      seen.some(({ detached }) => detached),
    ];
  };

  test.each<[string, string[], [input: string, detached: boolean]]>([
    ["a,b", ["xyz"], ["xyz", false]],
    ["a,b", ["xaby"], ["x", true]],
    ["a,b", ["xa", "b"], ["x", true]],
    ["a,b", ["xa", "c"], ["xac", false]],
    ["a,b", ["aab"], ["a", true]],
    ["a,a,b", ["aaab"], ["a", true]],
    ["a,b,a,c", ["ababac"], ["ab", true]],
    ["a,b", ["aaaa"], ["aaa", false]],
  ])("for %s passes on %p without the keys", (keys, chunks, expected) => {
    expect(feed(keys, chunks)).toEqual(expected);
  });
});
