import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { dockerArchive, ENTRY, LAYERS, NOTHING } from "../../../test/support/image-archives.ts";
import { ImageWorld } from "../../../test/support/image-world.ts";
import { makeTar, tarFile } from "../../../test/support/tar.ts";

const ROOT = [tarFile({ name: "f" }, "content")];

test("an import that SIGKILL ended leaves nothing when the root is opened again", async () => {
  await using world = new ImageWorld();
  await world.import(ROOT, "kept");
  const before = world.inventory();
  world.store.close();
  const sources = join(import.meta.dir, "../..");
  const script = `
    const { Store } = await import("${sources}/store/store.ts");
    const { StoredImages } = await import("${sources}/engine/images/stored-images.ts");
    const images = new StoredImages(Store.open("${world.root}"), () => {});
    await images.import(Bun.stdin.stream(), { target: "lost", changes: [], message: "" });`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdin: "pipe", stderr: "inherit" });
  // All but the end, so that it is still at it.
  child.stdin.write(
    (await makeTar([tarFile({ name: "g" }, "x".repeat(1 << 20))])).subarray(0, -4096),
  );
  await child.stdin.flush();
  await waitForFile(join(world.root, "tmp/1/1"));
  child.kill("SIGKILL");
  expect(await child.exited).not.toBe(0);

  world.reopen();
  expect(world.inventory()).toEqual(before);
  expect((await world.images.get("kept")).tags).toEqual(["kept:latest"]);
});

test("several at once bring the same layers in once", async () => {
  await using world = new ImageWorld();
  const archive = await dockerArchive([ENTRY], LAYERS);
  const lines = await Promise.all([1, 2, 3, 4].map(() => world.load(archive)));

  expect(lines).toEqual([1, 2, 3, 4].map(() => ["Loaded image: app:1"]));
  expect(world.inventory()).toMatchObject({
    layers: { length: 3 },
    blobs: [],
    unfinished: [],
  });
});

test("a layer that is removed while another image with it comes in is there at the end", async () => {
  await using world = new ImageWorld();
  const archive = await dockerArchive([ENTRY], LAYERS);
  for (let round = 0; round < 20; round++) {
    await world.load(archive);
    const [loaded] = await Promise.all([
      world.load(archive),
      pause(round).then(() => world.images.remove("app:1", { force: true })),
    ]);
    expect(loaded).toEqual(["Loaded image: app:1"]);
    // Which of the two came last is open; but an image that is there is whole.
    const image = world.images.find("app:1");
    const files = (image?.lowers ?? []).flatMap((lower) => readdirSync(lower));
    expect(files.sort()).toEqual(image === undefined ? [] : ["d", "low", "low", "up"]);
    if (image !== undefined) await world.images.remove(image.id, { force: true });
  }

  expect(world.inventory()).toMatchObject(NOTHING);
});

/** Lets this many turns of the event loop pass. */
async function pause(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise<void>((done) => setImmediate(done));
}

async function waitForFile(path: string): Promise<void> {
  for (const end = Date.now() + 5000; Date.now() < end; ) {
    const { size } = Bun.file(path);
    if (size > 0) return;
    await new Promise<void>((done) => setImmediate(done));
  }
  throw new Error(`${path} did not come`);
}
