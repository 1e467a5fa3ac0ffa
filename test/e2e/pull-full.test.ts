// Pulls onto a disk that has too little room.

import { expect } from "bun:test";
import { TestDaemon } from "../support/daemon.ts";
import { expectInventory, mustPull, pull } from "../support/image-transfer.ts";
import { binaryFile } from "../support/image-world.ts";
import { gzipLayer, makeImage, putImage } from "../support/made-image.ts";
import {
  askedFor,
  LARGE_DIGEST,
  LARGE_NAME,
  startOdd,
  startStuck,
} from "../support/pull-ground.ts";
import { hasRegistry, TestRegistry } from "../support/registry.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { makeTar } from "../support/tar.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const test = testIf(process.getuid?.() === 0 && hasRegistry, "no docker-registry, or not root");

/** A daemon with a disk of its own of so many megabytes. */
async function startOnDisk(megabytes: number) {
  await using undo = new AsyncDisposableStack();
  const disk = undo.use(await SmallDisk.mount(megabytes));
  const daemon = undo.use(await TestDaemon.start("--data-root", disk.path));
  const scope = undo.move();
  const root = { dataRoot: disk.path };
  return { disk, daemon, root, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

test("what unpacks to more than there is room for fails, and nothing of it stays", async () => {
  await using registry = await TestRegistry.start();
  await using world = await startOnDisk(24);
  const bomb = await makeTar([binaryFile("zeros", Buffer.alloc(100 << 20))]);
  await putImage(registry, "bomb:1", makeImage([gzipLayer(bomb)]));
  const pulled = await pull(world.daemon, `${registry.host}/bomb:1`);
  expect(pulled.error).toContain("no space left on device");
  await expectInventory(world.root);
});

test("layers that cannot fit are refused before they are asked for", async () => {
  await using world = await startOnDisk(4);
  await using registry = await startOdd(() => false);
  const pulled = await pull(world.daemon, `${registry.host}/app:1`);
  expect(pulled.error).toMatch(/^no space left on device: the image's layers have \d+ bytes/);
  expect(askedFor(registry, LARGE_DIGEST)).toEqual([]);
  await expectInventory(world.root);
});

test("a disk that gets full in the middle fails the pull; with room again it goes on", async () => {
  await using world = await startOnDisk(24);
  const { registry: stuck, release } = await startStuck(1_500_000);
  await using registry = stuck;
  const name = `${registry.host}/app:1`;
  const pulling = pull(world.daemon, name);
  const path = `${world.disk.path}/blobs/partial/${LARGE_NAME}`;
  await waitUntil("the first bytes are here", () => Bun.file(path).size >= 1_500_000);
  world.disk.fill();
  release();
  expect((await pulling).error).toContain("no space left on device");
  world.disk.empty();
  await mustPull(world.daemon, name);
  expect(askedFor(registry, LARGE_DIGEST).length).toBeLessThanOrEqual(2);
  const removed = await world.daemon.fetch(`/images/${name}`, { method: "DELETE" });
  expect(removed.status).toBe(200);
  await expectInventory(world.root);
});
