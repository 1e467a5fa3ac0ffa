import { expect, test } from "bun:test";
import { compareNaturally } from "./natural-order.ts";

test("compareNaturally() counts what is a number, and fewer zeros before it first", () => {
  const sorted = ["A5", "a", "a2", "a2b", "a02", "a10", "b1-3", "b01-2"];
  expect(sorted.toReversed().toSorted(compareNaturally)).toEqual(sorted);
});

test("compareNaturally() counts beyond what a double holds", () => {
  expect(compareNaturally("n90071992547409931", "n90071992547409930")).toBe(1);
  expect(compareNaturally("n1", "n1")).toBe(0);
});
