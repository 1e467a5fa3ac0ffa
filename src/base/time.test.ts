import { expect, test } from "bun:test";
import { formatTime, NEVER, nowNs, parseTime } from "./time.ts";

test.each([
  [0n, "1970-01-01T00:00:00.000000000Z"],
  [1_795_470_256_123_456_789n, "2026-11-23T21:44:16.123456789Z"],
  [-1n, "1969-12-31T23:59:59.999999999Z"],
])("formatTime() and parseTime() agree on %p", (ns, text) => {
  expect(formatTime(ns)).toBe(text);
  expect(parseTime(text)).toBe(ns);
});

test.each([
  ["2026-11-23T22:44:16.5+01:00", 1_795_470_256_500_000_000n],
  ["2026-11-23T21:44:16Z", 1_795_470_256_000_000_000n],
  [NEVER, -62_135_596_800_000_000_000n],
  ["2026-11-23", undefined],
  ["2026-13-23T21:44:16Z", undefined],
  ["", undefined],
])("parseTime() reads %p as %p", (text, ns) => {
  expect(parseTime(text)).toBe(ns);
});

test("nowNs() never gives the same time twice", () => {
  const times = Array.from({ length: 1000 }, nowNs);

  expect(new Set(times).size).toBe(1000);
  expect(times).toEqual(times.toSorted((one, other) => (one < other ? -1 : 1)));
});
