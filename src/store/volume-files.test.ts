import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { Store } from "./store.ts";

const VOLUME = {
  name: "one",
  labels: {},
  options: {},
  createdAt: "2026-01-01T00:00:00Z",
  anonymous: false,
  sizeBytes: 0,
};

test("a volume whose directory cannot be made is not there, and can be made later", () => {
  using directory = new TemporaryDirectory();
  using store = Store.open(directory.path);
  const home = join(directory.path, "volumes", "one");
  mkdirSync(join(directory.path, "volumes"), { recursive: true });
  writeFileSync(home, "in the way");

  expect(() => store.volumeFiles.create(VOLUME)).toThrow('Cannot make volume "one"');
  expect(store.volumes.find("one")).toBeUndefined();
  expect(readFileSync(home, "utf8")).toBe("in the way");

  rmSync(home, { force: true });
  store.volumeFiles.create(VOLUME);
  expect(existsSync(store.volumeFiles.directoryOf("one"))).toBe(true);
});

test("a name that is taken is refused, and the volume that has it stays whole", () => {
  using directory = new TemporaryDirectory();
  using store = Store.open(directory.path);
  store.volumeFiles.create(VOLUME);
  const file = join(store.volumeFiles.directoryOf("one"), "file");
  writeFileSync(file, "kept");

  expect(() => store.volumeFiles.create(VOLUME)).toThrow('Cannot make volume "one"');
  expect(existsSync(file)).toBe(true);
});
