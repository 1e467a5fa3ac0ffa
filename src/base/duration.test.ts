import { expect, test } from "bun:test";
import { parseDuration } from "./duration.ts";

test.each([
  ["0", 0n],
  ["5s", 5_000_000_000n],
  ["1h30m", 5_400_000_000_000n],
  ["1.5h", 5_400_000_000_000n],
  [".5s", 500_000_000n],
  ["1ms1us1ns", 1_001_001n],
  ["3µs", 3000n],
  ["-1m", -60_000_000_000n],
  ["+1m", 60_000_000_000n],
])("parseDuration(%p) is %p", (text, ns) => {
  expect(parseDuration(text)).toBe(ns);
});

test.each(["", "5", "s", "1d", "1h 2m", "1h2", "--1s", ".s", "1e3s"])(
  "parseDuration(%p) is none",
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);
