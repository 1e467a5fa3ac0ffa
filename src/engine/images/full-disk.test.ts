import { expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { dockerArchive, ENTRY, NOTHING } from "../../../test/support/image-archives.ts";
import { binaryFile, ImageWorld, imageConfig } from "../../../test/support/image-world.ts";
import { shell } from "../../../test/support/layer-ground.ts";
import { inPieces, makeTar, tarFile } from "../../../test/support/tar.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";

/** A file system of four megabytes. */
class SmallDisk extends TemporaryDirectory {
  constructor() {
    super();
    shell(`mount -t tmpfs -o size=4m none ${this.path}`, "/");
  }

  override [Symbol.dispose](): void {
    shell(`umount ${this.path}`, "/");
    super[Symbol.dispose]();
  }
}

const BIG = await makeTar([tarFile({ name: "big" }, "\0".repeat(8 << 20))]);
const FULL = { kind: "internal", message: expect.stringMatching(/no space left on device/) };

test.each([
  ["its archive", BIG],
  ["its files", gzipSync(BIG)],
])("an image that a disk has no room for leaves nothing: %s", async (_what, archive) => {
  using disk = new SmallDisk();
  await using world = new ImageWorld(`${disk.path}/root`);
  const options = { target: "app", changes: [], message: "" };
  await expect(world.images.import(inPieces(archive, 65_536), options)).rejects.toMatchObject(FULL);
  expect(world.inventory()).toMatchObject(NOTHING);

  const config = imageConfig([BIG]);
  const saved = await dockerArchive(
    [{ ...ENTRY, Layers: ["a/layer.tar"] }],
    [binaryFile("a/layer.tar", archive)],
    config,
  );
  await expect(world.load(saved)).rejects.toMatchObject(FULL);
  expect(world.inventory()).toMatchObject(NOTHING);
  expect(world.events).toEqual([]);

  // What was taken is free again.
  await world.store.trash.settled();
  await world.import([tarFile({ name: "small" }, "x".repeat(1 << 20))], "app");
  expect(world.inventory().images).toHaveLength(1);
});

test("a container that a disk has no room for leaves nothing", async () => {
  using disk = new SmallDisk();
  await using world = new ImageWorld(`${disk.path}/root`);
  const id = await world.import([tarFile({ name: "f" })], "app");
  const container = "c".padEnd(64, "0");
  world.addContainer("c", id);
  const before = world.inventory();
  // No names are left, so no directory can be made.
  shell(
    `mount -o remount,nr_inodes=$(df --output=iused ${disk.path} | tail -n 1 | tr -d ' ') ${disk.path}`,
    "/",
  );

  await expect(world.store.snapshots.create(container, { imageId: id, owner: 0 })).rejects.toThrow(
    /no space left on device/,
  );
  expect(world.inventory()).toEqual(before);
  expect(() => world.store.snapshots.get(container)).toThrow(/No such snapshot/);
});
