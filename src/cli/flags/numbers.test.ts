import { expect, test } from "bun:test";
import { parseDuration } from "./duration.ts";
import { parseCpus, parseInteger, parseUnsigned } from "./numbers.ts";

test.each([
  ["1h30m", 5400e9],
  ["1.5s", 1.5e9],
  ["-2ms", -2e6],
  ["0", 0],
  ["3µs", 3000],
  ["7ns", 7],
])("parseDuration() reads %s", (written, nanoseconds) => {
  expect(parseDuration(written)).toBe(nanoseconds);
});

test.each([
  ["5", 'time: missing unit in duration "5"'],
  ["1x", 'time: unknown unit "x" in duration "1x"'],
  ["", 'time: invalid duration ""'],
  ["s", 'time: invalid duration "s"'],
  [".s", 'time: invalid duration ".s"'],
])("parseDuration() refuses %p", (written, message) => {
  expect(() => parseDuration(written)).toThrow(message);
});

test.each([
  ["017", 15],
  ["0b11", 3],
  ["-0x1f", -31],
  ["1_000", 1000],
])("parseInteger() reads %s as Go does", (written, value) => {
  expect(parseInteger(written)).toBe(value);
});

test("parseInteger() and parseUnsigned() say what is out of their range", () => {
  expect(() => parseInteger("9".repeat(30))).toThrow("value out of range");
  expect(() => parseUnsigned("70000", 65535)).toThrow("value out of range");
  expect(() => parseUnsigned("-1", 5)).toThrow("invalid syntax");
  expect(() => parseInteger("08")).toThrow("invalid syntax");
});

test("parseCpus() counts in billionths and refuses more precision", () => {
  expect(parseCpus("1.5")).toBe(1_500_000_000);
  expect(() => parseCpus("a")).toThrow("failed to parse a as a rational number");
  expect(() => parseCpus("0.0000000001")).toThrow("value is too precise");
});
