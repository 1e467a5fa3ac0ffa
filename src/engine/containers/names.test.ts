import { expect, test } from "bun:test";
import { splitDeviceNumber } from "./host-devices.ts";
import { inventName, parseContainerName } from "./names.ts";

test.each([
  ["web", "web"],
  ["/web", "web"],
  ["a.b_c-1", "a.b_c-1"],
])("parseContainerName(%p) is %p", (text, name) => {
  expect(parseContainerName(text)).toBe(name);
});

test.each(["", "a", "/", "-a", "a b", "a/b", "ä", "a\n"])(
  "parseContainerName(%p) is refused",
  (text) => {
    expect(() => parseContainerName(text)).toThrow(`Invalid container name (${text})`);
  },
);

test("inventName() makes valid names, and another one when all are taken", () => {
  const taken = new Set<string>();
  for (let count = 0; count < 200; count++) taken.add(inventName((name) => taken.has(name)));

  expect(taken.size).toBe(200);
  for (const name of taken) expect(parseContainerName(name)).toBe(name);
  expect(inventName((name) => !/\d$/.test(name))).toMatch(/^[a-z]+_[a-z]+\d+$/);
});

test.each([
  [0x0103, { major: 1, minor: 3 }],
  [0x10_0a_e5, { major: 10, minor: 0x1e5 }],
  [0x1000_0000_0001, { major: 0x1000, minor: 1 }],
])("splitDeviceNumber(%p) is %p", (rdev, expected) => {
  expect(splitDeviceNumber(rdev)).toEqual(expected);
});
