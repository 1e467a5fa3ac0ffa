import { expect, test } from "bun:test";
import { closeSync, existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shell } from "../../test/support/layer-ground.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { makeDirectoryAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory } from "../linux/beneath.ts";
import { removeTree, removeTreeSync } from "./remove-tree.ts";

test("a tree goes, and what its links point to stays", async () => {
  using directory = new TemporaryDirectory();
  shell(
    "mkdir -p tree/a/b keep && touch tree/a/f keep/f && ln -s ../../keep tree/a/l",
    directory.path,
  );
  await removeTree(join(directory.path, "tree"));

  expect(readdirSync(directory.path)).toEqual(["keep"]);
  expect(readdirSync(join(directory.path, "keep"))).toEqual(["f"]);
});

test("a file goes, a link goes without what it points to, and nothing is no error", async () => {
  using directory = new TemporaryDirectory();
  shell("touch file && ln -s file link", directory.path);
  await removeTree(join(directory.path, "link"));
  expect(readdirSync(directory.path)).toEqual(["file"]);
  removeTreeSync(join(directory.path, "file"));
  removeTreeSync(join(directory.path, "file"));
  removeTreeSync(join(directory.path, "no/such/directory"));

  expect(readdirSync(directory.path)).toEqual([]);
});

test("a tree goes that is deeper than a path or a process's descriptors reach", async () => {
  using directory = new TemporaryDirectory();
  makeDeepTree(directory.path, 3000);
  const before = readdirSync("/proc/self/fd").length;
  await removeTree(join(directory.path, "tree"));

  expect(readdirSync(directory.path)).toEqual([]);
  expect(readdirSync("/proc/self/fd").length).toBe(before);
});

test.each(["+i", "+a"])("a file with chattr %s is named in the error", async (attribute) => {
  using directory = new TemporaryDirectory();
  const tree = join(directory.path, "tree");
  shell("mkdir -p tree/d", directory.path);
  writeFileSync(join(tree, "d/fixed"), "");
  shell(`chattr ${attribute} tree/d/fixed`, directory.path);
  try {
    await expect(removeTree(tree)).rejects.toThrow(
      /Cannot remove ".*tree": "fixed" in it cannot be changed \(chattr/,
    );
  } finally {
    shell("chattr -ia tree/d/fixed", directory.path);
  }
  await removeTree(tree);
  expect(existsSync(tree)).toBe(false);
});

test("a directory with chattr +i is named, when it is what keeps a name", async () => {
  using directory = new TemporaryDirectory();
  const tree = join(directory.path, "tree");
  shell("mkdir -p tree/d && touch tree/d/f && chattr +i tree/d", directory.path);
  try {
    await expect(removeTree(tree)).rejects.toThrow(/cannot be changed \(chattr/);
  } finally {
    shell("chattr -i tree/d", directory.path);
  }
});

/** Makes it step by step, because no path reaches the bottom. */
function makeDeepTree(directory: string, depth: number): void {
  let fd = openDirectory(directory);
  let name = "tree";
  for (let level = 0; level < depth; level++) {
    makeDirectoryAt(fd, name, 0o755);
    const next = openBeneath(fd, name, { flags: OPEN.PATH | OPEN.DIRECTORY, resolve: 0 });
    makeDirectoryAt(next, "sibling", 0o755);
    closeSync(fd);
    fd = next;
    name = "n".repeat(200);
  }
  closeSync(fd);
}
