import { expect, test } from "bun:test";
import { parseVolumeName } from "./volume-name.ts";

test.each(["ab", "a.b_c-d", "v".repeat(255)])("parseVolumeName() takes %p", (name) => {
  expect(parseVolumeName(name)).toBe(name);
});

test.each([
  ["a", "create a: volume name is too short"],
  ["a/b", 'create a/b: "a/b" includes invalid characters'],
  ["v".repeat(256), "file name too long"],
])("parseVolumeName() refuses %p", (name, message) => {
  expect(() => parseVolumeName(name)).toThrow(message);
});
