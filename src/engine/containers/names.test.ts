import { expect, test } from "bun:test";
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
