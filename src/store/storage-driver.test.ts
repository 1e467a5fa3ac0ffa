import { expect } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OverlayDisk } from "../../test/support/overlay-disk.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import type { StorageDriver } from "./storage-driver.ts";
import { Store } from "./store.ts";

/** The choice for a data root; the trial's files are gone when it is told. */
async function choose(dataRoot: string, storageDriver?: StorageDriver) {
  using store = Store.open(dataRoot, { storageDriver });
  const choice = store.storage;
  await store.trash.settled();
  expect(readdirSync(join(dataRoot, "tmp"))).toEqual([]);
  return { choice, trial: store.settings.find("overlay-trial") };
}

test("where an overlay works it is chosen, unless a copy is asked for", async () => {
  using directory = new TemporaryDirectory();
  expect((await choose(directory.path)).choice.driver).toBe("overlay");
  expect((await choose(directory.path, "overlay")).choice.driver).toBe("overlay");
  expect((await choose(directory.path, "copy")).choice.driver).toBe("copy");
});

test("on an overlay copies are chosen, with what the kernel says; an overlay is refused", async () => {
  await using disk = await OverlayDisk.mount();
  expect((await choose(disk.path)).choice).toEqual({
    driver: "copy",
    backing: "overlayfs",
    obstacle: expect.stringContaining("the kernel makes no overlay there"),
  });
  await expect(choose(disk.path, "overlay")).rejects.toThrow(/which is on overlayfs: .*=copy/);
});

test("the outcome of a trial is remembered for its kernel and file system, and no other", async () => {
  using directory = new TemporaryDirectory();
  const { trial = "" } = await choose(directory.path);
  const plant = (value: string) => {
    using store = Store.open(directory.path);
    store.settings.set("overlay-trial", value);
  };
  plant(`${trial}said before`);
  expect((await choose(directory.path)).choice).toMatchObject({
    driver: "copy",
    obstacle: "said before",
  });
  plant(`elsewhere\nsaid before`);
  expect(await choose(directory.path)).toMatchObject({ choice: { driver: "overlay" }, trial });
});
