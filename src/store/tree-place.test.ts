import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { findTreePlace, isDirectory, isSymlink, resolveTreePath } from "./tree-place.ts";

function makeTree(): TemporaryDirectory {
  const tree = new TemporaryDirectory();
  const path = (name: string) => join(tree.path, name);
  mkdirSync(path("dir/sub"), { recursive: true });
  writeFileSync(path("dir/file"), "");
  symlinkSync("/dir", path("absolute"));
  symlinkSync("../../../../dir/sub", path("dir/climbing"));
  symlinkSync("/nope/x", path("dangling"));
  symlinkSync("loop", path("loop"));
  return tree;
}

test.each([
  ["/dir", "dir", "directory"],
  ["dir/", "dir", "directory"],
  ["/dir/.", ".", "directory"],
  ["/", "/", "directory"],
  [".", ".", "directory"],
  ["../../dir/file", "file", "other"],
  ["/absolute", "absolute", "link"],
  ["/absolute/", "absolute", "directory"],
  ["/absolute/file", "file", "other"],
  ["/dir/climbing", "climbing", "link"],
  ["/dir/climbing/.", ".", "directory"],
  ["/loop", "loop", "link"],
])("%s is found as %s", (path, name, kind) => {
  using tree = makeTree();
  using place = findTreePlace(tree.path, path);
  expect(place?.name).toBe(name);
  if (place === undefined) return;
  const found = isDirectory(place) ? "directory" : isSymlink(place) ? "link" : "other";
  expect(found).toBe(kind);
});

test("what is not there is not found, and a file has no inside", () => {
  using tree = makeTree();
  for (const path of ["/nope", "/nope/x", "/dangling/", "/loop/x", `/${"x".repeat(300)}`]) {
    expect(findTreePlace(tree.path, path)).toBeUndefined();
  }
  expect(() => findTreePlace(tree.path, "/dir/file/")).toThrow("not a directory");
});

test.each([
  ["/absolute/sub", "/dir/sub"],
  ["/dir/climbing", "/dir/sub"],
  ["/dangling/y", "/nope/x/y"],
  ["/../..", "/"],
  ["/nope/../dir", "/dir"],
])("%s leads to %s", (path, expected) => {
  using tree = makeTree();
  expect(resolveTreePath(tree.path, path)).toBe(expected);
});

test("a loop of links has an end", () => {
  using tree = makeTree();
  expect(resolveTreePath(tree.path, "/loop")).toBe("/loop");
});
