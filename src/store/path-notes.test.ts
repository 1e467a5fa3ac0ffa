import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { PathNotes } from "./path-notes.ts";

test("notes come back in their order, whether they fit into memory or not", () => {
  for (const count of [0, 1, 3, 50_000]) {
    using directory = new TemporaryDirectory();
    using notes = new PathNotes(join(directory.path, "spill"));
    const wanted = Array.from({ length: count }, (_, i) => ({
      path: `${"d/".repeat(i % 40)}\xff${i}`,
      time: { seconds: BigInt(i) - 5n, nanoseconds: i },
    }));
    for (const note of wanted) notes.add(note);
    // The file has no name.
    expect(readdirSync(directory.path)).toEqual([]);
    expect([...notes.read()]).toEqual(wanted);
  }
});

test("a path of the longest kind, and one without a time", () => {
  using directory = new TemporaryDirectory();
  using notes = new PathNotes(join(directory.path, "spill"));
  const long = "x".repeat(65_535);
  for (let i = 0; i < 40; i += 1) notes.add({ path: long });
  const read = [...notes.read()];
  expect(read.length).toBe(40);
  expect(read.every(({ path, time }) => path === long && time.seconds === 0n)).toBe(true);
});
