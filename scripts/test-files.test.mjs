import { expect, test } from "bun:test";
import { dealOut, listTestFiles } from "./test-files.mjs";

test("listTestFiles() finds the tests of every folder, none of others' packages", () => {
  const files = listTestFiles();
  expect(files).toContain("scripts/test-files.test.mjs");
  expect(files).toContain("src/base/duration.test.ts");
  expect(files).toContain("test/arch.test.ts");
  expect(files.filter((file) => file.includes("node_modules"))).toEqual([]);
  expect(new Set(files).size).toBe(files.length);
});

test("dealOut() gives each part some of everything, and each file to one", () => {
  expect(dealOut(["a1", "a2", "a3", "b1", "b2"], 2)).toEqual([
    ["a1", "a3", "b2"],
    ["a2", "b1"],
  ]);
  expect(dealOut(["a"], 3)).toEqual([["a"], [], []]);
});
