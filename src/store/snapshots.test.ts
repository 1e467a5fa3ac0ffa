import { expect, test } from "bun:test";
import { existsSync, linkSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerArchive, NOTHING } from "../../test/support/image-archives.ts";
import { binaryFile, ImageWorld, imageConfig } from "../../test/support/image-world.ts";
import { shell, xattr } from "../../test/support/layer-ground.ts";
import { makeTar, tarDirectory, tarFile } from "../../test/support/tar.ts";

const C = "c".padEnd(64, "0");

/** A world with one image of two layers, and a container's row. */
async function makeWorld(): Promise<{ readonly world: ImageWorld; readonly imageId: string }> {
  const world = new ImageWorld();
  const lower = await makeTar([
    tarDirectory("./", {
      mode: 0o1751,
      uid: 3,
      gid: 4,
      xattrs: new Map([["user.x", Buffer.from("1")]]),
    }),
    tarFile({ name: "low", gid: 99_999 }, "low"),
  ]);
  const upper = await makeTar([tarFile({ name: "up" }, "up")]);
  const entry = { Config: "config.json", RepoTags: ["app"], Layers: ["1", "2"] };
  const layers = [binaryFile("1", lower), binaryFile("2", upper)];
  await world.load(await dockerArchive([entry], layers, imageConfig([lower, upper])));
  const { id } = await world.images.get("app");
  world.addContainer("c", id);
  return { world, imageId: id };
}

test("a snapshot has the image's layers, topmost first, and a root that looks as the image's", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  await world.store.snapshots.create(C, { imageId, owner: 100_000 });
  const { lowers, upper, work } = world.store.snapshots.get(C);

  expect(lowers.map((lower) => readdirSync(lower).join())).toEqual(["up", "low"]);
  expect(statSync(upper)).toMatchObject({ mode: 0o41751, uid: 100_003, gid: 100_004 });
  expect(xattr(upper, "user.x")).toBe("1");
  expect(readdirSync(work)).toEqual([]);
  expect(world.images.find("app")?.maxId).toBe(99_999);
});

test("a snapshot's directories make an overlay that reads as the image", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  await world.store.snapshots.create(C, { imageId, owner: 0 });
  const { lowers, upper, work } = world.store.snapshots.get(C);
  const options = `lowerdir=${lowers.join(":")},upperdir=${upper},workdir=${work}`;
  const script = `mount -t overlay -o ${options} none /mnt && cat /mnt/low /mnt/up && echo new > /mnt/new`;

  expect(shell(`unshare -m sh -ec '${script}'`, "/")).toBe("lowup");
  expect(readdirSync(upper)).toEqual(["new"]);
  expect(await world.store.snapshots.size(C)).toBe(4);
});

test("an image without layers gives one empty lower directory", async () => {
  await using world = new ImageWorld();
  const entry = { Config: "config.json", RepoTags: ["scratch0"], Layers: [] };
  await world.load(await dockerArchive([entry], [], imageConfig([])));
  const { id } = await world.images.get("scratch0");
  await world.store.snapshots.create(C, { imageId: id, owner: 7 });
  const { lowers, upper } = world.store.snapshots.get(C);

  expect(lowers.map((lower) => readdirSync(lower))).toEqual([[]]);
  expect(statSync(upper)).toMatchObject({ mode: 0o40755, uid: 7 });
  expect(world.images.find("scratch0")).toMatchObject({ maxId: 0 });
});

test("it has its name when all is done that is to be done first", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  await world.store.snapshots.create(C, { imageId, owner: 100_000 }, async ({ upper }) => {
    expect(existsSync(world.store.snapshots.get(C).upper)).toBe(false);
    expect(statSync(upper)).toMatchObject({ mode: 0o41751, uid: 100_003, gid: 100_004 });
    writeFileSync(join(upper, "first"), "");
  });

  expect(readdirSync(world.store.snapshots.get(C).upper)).toEqual(["first"]);
});

test("what cannot be done first leaves nothing, and says why itself", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  const before = world.inventory();
  const failing = world.store.snapshots.create(C, { imageId, owner: 0 }, async () => {
    throw new Error("not today");
  });

  await expect(failing).rejects.toThrow(/^not today$/);
  await world.store.trash.settled();
  expect(world.inventory()).toEqual(before);
  expect(world.store.snapshots.find(C)).toBeUndefined();
});

test("size() counts what has several names once, and holes as what they read as", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  await world.store.snapshots.create(C, { imageId, owner: 0 });
  const { upper } = world.store.snapshots.get(C);
  mkdirSync(join(upper, "a/b"), { recursive: true });
  writeFileSync(join(upper, "a/b/f"), "12345");
  linkSync(join(upper, "a/b/f"), join(upper, "g"));
  shell("truncate -s 1000 hole; ln -s /etc/passwd l", upper);

  expect(await world.store.snapshots.size(C)).toBe(1005);
});

test("remove() takes all that is in the container's directory, and is no error twice", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  const before = world.inventory();
  await world.store.snapshots.create(C, { imageId, owner: 0 });
  const { upper } = world.store.snapshots.get(C);
  writeFileSync(join(upper, "../hosts"), "");
  await world.store.snapshots.remove(C);
  expect(existsSync(upper)).toBe(false);
  await world.store.snapshots.remove(C);
  await world.store.trash.settled();

  expect(world.inventory()).toEqual(before);
});

test("what cannot be removed is out of the way, and goes when the root is opened again", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  const before = world.inventory();
  await world.store.snapshots.create(C, { imageId, owner: 0 });
  const { upper } = world.store.snapshots.get(C);
  shell("touch fixed && chattr +i fixed", upper);
  try {
    await world.store.snapshots.remove(C);
    await world.store.trash.settled();
    expect(existsSync(upper)).toBe(false);
  } finally {
    shell("chattr -i tmp/trash-*/upper/fixed", world.root);
  }
  world.reopen();
  await world.store.trash.settled();

  expect(world.inventory()).toEqual(before);
});

test("a snapshot of an image that is not there leaves nothing", async () => {
  const { world } = await makeWorld();
  await using _world = world;
  const before = world.inventory();
  const imageId = `sha256:${"0".repeat(64)}`;

  await expect(world.store.snapshots.create(C, { imageId, owner: 0 })).rejects.toMatchObject({
    kind: "not-found",
  });
  expect(world.inventory()).toEqual(before);
});

test("what a dead daemon left half done is gone when the root is opened again", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  const before = world.inventory();
  const gone = "d".padEnd(64, "0");
  await world.store.snapshots.create(gone, { imageId, owner: 0 });
  world.store.idRanges.allot(gone, 1);
  shell(
    `mkdir -p layers/99/diff/x tmp/5/diff containers/${"e".repeat(64)}/upper
     touch blobs/sha256/${"0".repeat(64)} tmp/6`,
    world.root,
  );
  world.reopen();
  await world.store.trash.settled();

  expect(world.inventory()).toEqual(before);
  expect(world.store.idRanges.list()).toEqual([]);
  await world.images.remove("app", { force: true });
  expect(world.inventory()).toMatchObject(NOTHING);
});

test("the layers of a removed image go at the latest when the root is opened again", async () => {
  const { world, imageId } = await makeWorld();
  await using _world = world;
  await world.store.snapshots.create(C, { imageId, owner: 0 });
  await world.images.remove("app", { force: true });
  world.store.containers.remove(C);
  world.reopen();
  await world.store.trash.settled();

  expect(world.inventory()).toMatchObject({ ...NOTHING, containers: [] });
});
