import { expect, test } from "bun:test";
import { newContainerId } from "./container-id.ts";

test("an id is 64 hex digits, and each another", () => {
  const ids = Array.from({ length: 100 }, () => newContainerId());
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{64}$/);
  expect(new Set(ids).size).toBe(100);
});

test("an id's first twelve digits are no number, which no resolver would take for a name", () => {
  const drawn = ["746155083221".padEnd(64, "a"), "74615508322a".padEnd(64, "0")];
  expect(newContainerId(() => drawn.shift() ?? "")).toStartWith("74615508322a");
});
