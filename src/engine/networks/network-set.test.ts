import { expect, test } from "bun:test";
import { networkSet, plainNetwork } from "../../../test/support/plain-network.ts";

const one = plainNetwork("one", { id: "abc1".padEnd(64, "0") });
const two = plainNetwork("two", { id: "abc2".padEnd(64, "0") });
const set = networkSet(two, one);

test("networks are found by name, by id, and by the beginning of an id", () => {
  for (const ref of ["one", one.id, "abc1", one.id.slice(0, 12)]) expect(set.get(ref)).toBe(one);
  expect(set.list()).toEqual([one, two]);
  expect(set.hasName("two")).toBe(true);
  expect(set.hasName("abc2")).toBe(false);
});

test("a name goes before the beginning of another's id", () => {
  const named = plainNetwork("abc1", { id: "f".repeat(64) });
  expect(networkSet(one, two, named).get("abc1")).toBe(named);
});

test("what is not there, or could be several, is told", () => {
  expect(() => set.get("x")).toThrow("network x not found");
  expect(() => set.get("")).toThrow("network  not found");
  expect(() => set.get("abc")).toThrow(
    "network abc is ambiguous (2 matches found based on ID prefix)",
  );
});

test("one that was removed is not found any more", () => {
  const shrinking = networkSet(one, two);
  shrinking.remove(one);
  expect(shrinking.find("one")).toBeUndefined();
  expect(shrinking.get("abc")).toBe(two);
});
