import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ImageWorld } from "../../test/support/image-world.ts";
import {
  DAMAGES,
  keptArchive,
  makeCheckedWorld,
  NOBODY,
  topHome,
} from "../../test/support/store-damage.ts";
import { digestOf, hexOf } from "../oci/digest.ts";
import { checkTemporary } from "../store/check/check-leftovers.ts";
import { SystemCheck } from "./system-check.ts";
import type { CheckOptions } from "./system-facade.ts";

async function check(world: ImageWorld, options: Partial<CheckOptions> = {}, isRunning = false) {
  const system = new SystemCheck({
    store: world.store,
    isMade: (id) => id !== NOBODY,
    isRunning: () => isRunning,
  });
  const events = await Array.fromAsync(system.start({ isDeep: false, repairs: false, ...options }));
  return events.flatMap((event) => (event.kind === "finding" ? [event.finding] : []));
}

test("nothing is wrong with what is whole, however deep one looks", async () => {
  await using world = await makeCheckedWorld();
  expect(await check(world, { isDeep: true })).toEqual([]);
  const system = new SystemCheck({
    store: world.store,
    isMade: (id) => id !== NOBODY,
    isRunning: () => false,
  });
  const events = await Array.fromAsync(system.start({ isDeep: false, repairs: false }));
  expect(events.at(-1)).toEqual({
    kind: "summary",
    counts: { blobs: 2, layers: 2, images: 1, snapshots: 1, mounts: 0 },
    findings: 0,
    mended: 0,
  });
});

test.each(DAMAGES)("$name is found and, where that is possible, mended", async (one) => {
  await using world = await makeCheckedWorld();
  one.damage(world);
  const isDeep = one.isDeep ?? false;
  const stays = one.stays ?? false;
  expect((await check(world, { isDeep })).map(({ kind }) => kind)).toEqual([...one.kinds]);
  const mended = await check(world, { isDeep, repairs: true });
  expect(mended.map(({ kind, mended: is }) => [kind, is])).toEqual(
    one.kinds.map((kind) => [kind, !stays]),
  );
  const after = await check(world, { isDeep });
  expect(after.map(({ kind }) => kind)).toEqual(stays ? [...one.kinds] : []);
});

test("what is being removed while something else is mended is nothing to tell of", async () => {
  await using world = await makeCheckedWorld();
  const tmp = join(world.root, "tmp");
  for (const name of ["a", "b", "c", "d", "e", "f"]) mkdirSync(join(tmp, name));
  // Which of them is looked at first is the file system's to say.
  for (let i = 0; i < 20; i += 1) mkdirSync(join(world.directory, `${i}/x`), { recursive: true });
  for (let i = 0; i < 20; i += 1) world.store.trash.throwAway(join(world.directory, String(i)));
  const { store } = world;
  const kinds: unknown[] = [];
  const context = { store, isDeep: false, isMade: () => true, isRunning: () => false };
  for (const { subject, mend } of checkTemporary(context)) {
    kinds.push(basename(subject));
    await mend?.();
  }
  expect(kinds.sort()).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("a missing mend is said with the image's name", async () => {
  await using world = await makeCheckedWorld();
  for (const digest of world.store.blobs.list()) world.store.blobs.remove(digest);
  rmSync(join(topHome(world), "diff/etc/above"));
  const [finding] = await check(world, { isDeep: true, repairs: true });
  expect(finding).toMatchObject({
    kind: "layer-damaged",
    problem: expect.stringContaining("cannot be made again"),
    remedy: "remove two:1 with rmi, and pull or load it again",
    mended: false,
  });
});

test("a layer under a running container is not put in order before it has stopped", async () => {
  await using world = await makeCheckedWorld();
  const file = join(topHome(world), "diff/etc/above");
  writeFileSync(file, "abovE");
  expect(await check(world, { isDeep: true, repairs: true }, true)).toMatchObject([
    { kind: "layer-damaged", mended: false },
  ]);
  expect(await Bun.file(file).text()).toBe("abovE");
  expect(await check(world, { isDeep: true, repairs: true })).toMatchObject([{ mended: true }]);
  expect(await Bun.file(file).text()).toBe("above");
});

test("a layer whose archive is not kept comes back from where it can be fetched", async () => {
  await using world = await makeCheckedWorld();
  const path = keptArchive(world);
  const [above] = world.store.layers.list().slice(-1);
  const archive = world.store.layerBlobs
    .listByLayer(above?.diffId ?? digestOf(Buffer.from("")))
    .find(({ digest }) => world.store.blobs.has(digest));
  const elsewhere = join(world.directory, "elsewhere");
  await Bun.write(
    elsewhere,
    Bun.file(join(path, "..", hexOf(archive?.digest ?? digestOf(Buffer.from(""))))),
  );
  for (const digest of world.store.blobs.list()) world.store.blobs.remove(digest);
  rmSync(topHome(world), { recursive: true });
  const system = new SystemCheck({
    store: world.store,
    isMade: (id) => id !== NOBODY,
    isRunning: () => false,
    fetchLayer: async (diffId) => {
      expect(diffId).toBe(above?.diffId as typeof diffId);
      return { path: elsewhere, [Symbol.asyncDispose]: async () => {} };
    },
  });
  const events = await Array.fromAsync(system.start({ isDeep: false, repairs: true }));
  expect(events.at(-1)).toMatchObject({ findings: 1, mended: 1 });
  expect(await check(world, { isDeep: true })).toEqual([]);
});

test("a database with damage is told of", async () => {
  await using world = await makeCheckedWorld();
  const row = {
    id: "e".repeat(64),
    imageId: "x",
    createdAt: "t",
    status: "exited",
    document: "{}",
  };
  world.store.containers.insert({ ...row, name: "told-twice" });
  world.store.close();
  const file = join(world.root, "sampan.db");
  const bytes = readFileSync(file);
  // In the table or in its index, but not in both.
  bytes.write("told-other", bytes.indexOf("told-twice"));
  writeFileSync(file, bytes);
  world.reopen();
  const found = await check(world);
  expect(found.filter(({ kind }) => kind === "database-damaged").length).toBeGreaterThan(0);
});

test("a second check at the same time is refused", async () => {
  await using world = await makeCheckedWorld();
  const system = new SystemCheck({
    store: world.store,
    isMade: (id) => id !== NOBODY,
    isRunning: () => false,
  });
  const options = { isDeep: false, repairs: false };
  const first = system.start(options)[Symbol.asyncIterator]();
  await first.next();
  expect(() => system.start(options)).toThrow("a check is already running");
  await first.return?.(undefined);
  expect(await Array.fromAsync(system.start(options))).toHaveLength(10);
});

test("what a kill -9 left is swept at the next start; downloads stay", async () => {
  await using world = await makeCheckedWorld();
  const half = join(world.root, "blobs/partial", "e".repeat(64));
  writeFileSync(half, "half");
  mkdirSync(join(world.root, "tmp/17/diff"), { recursive: true });
  mkdirSync(join(world.root, "layers/999/diff"), { recursive: true });
  mkdirSync(join(world.root, "containers", NOBODY));
  writeFileSync(join(world.root, "blobs/sha256", "e".repeat(64)), "x");
  world.reopen();
  expect(await check(world, { isDeep: true })).toEqual([]);
  expect(await Bun.file(half).text()).toBe("half");
  expect(world.inventory().unfinished).toEqual([]);
});
