import { describe, expect, test } from "bun:test";
import { filters, flag, instant, integer } from "./query.ts";

const query = (text: string) => new URLSearchParams(text);

test.each([
  ["", false],
  ["a=", false],
  ["a=0", false],
  ["a=no", false],
  ["a=False", false],
  ["a=NONE", false],
  ["a=+false+", false],
  ["a=1", true],
  ["a=true", true],
  ["a=off", true],
])("the flag of %j is %p", (text, value) => {
  expect(flag(query(text), "a")).toBe(value);
});

test("a flag that is not there can be true", () => {
  expect(flag(query(""), "a", true)).toBe(true);
  expect(flag(query("a=0"), "a", true)).toBe(false);
});

test.each([
  ["", undefined],
  ["a=", undefined],
  ["a=-5", -5],
  ["a=%2B7", 7],
])("the number of %j is %p", (text, value) => {
  expect(integer(query(text), "a")).toBe(value);
});

test.each(["a=1.5", "a=x", "a=1e3", "a=99999999999999999999"])("%j is no number", (text) => {
  expect(() => integer(query(text), "a")).toThrow("invalid syntax");
});

describe("instants", () => {
  test.each<[string, bigint | undefined]>([
    ["", undefined],
    ["0", undefined],
    ["1", 1_000_000_000n],
    ["1.5", 1_500_000_000n],
    ["1.000000001", 1_000_000_001n],
    ["1.0000000019", 1_000_000_001n],
    ["-1.5", -1_500_000_000n],
    ["1970-01-01T00:00:01Z", 1_000_000_000n],
    ["1970-01-01T01:00:01.000000002+01:00", 1_000_000_002n],
  ])("%j", (text, ns) => {
    expect(instant(query(`a=${encodeURIComponent(text)}`), "a")).toBe(ns);
  });

  test.each(["x", "1.", "1970-13-01T00:00:00Z", "10m"])("%j is none", (text) => {
    expect(() => instant(query(`a=${text}`), "a")).toThrow(`invalid value for "a"`);
  });
});

test.each(["[]", "1", "{", '{"a":"b"}', '{"a":[1]}', '{"a":null}'])(
  "the filters %s are invalid",
  (text) => {
    expect(() => filters(query(`filters=${encodeURIComponent(text)}`))).toThrow("invalid filter");
  },
);
