// Pulls that are cut, left, resumed, and several at once: what is fetched, and what stays.

import { afterAll, beforeAll, beforeEach, expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { digestOf } from "../../src/oci/digest.ts";
import { BadRegistry } from "../support/bad-registry.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { UPPER } from "../support/image-archives.ts";
import { expectInventory, mustPull, pull, takeInventory } from "../support/image-transfer.ts";
import { gzipLayer, makeImage } from "../support/made-image.ts";
import {
  askedFor,
  IMAGE,
  LARGE,
  LARGE_DIGEST,
  LARGE_NAME,
  PullGround,
  SMALL,
  SMALL_NAME,
  startOdd,
  startStuck,
} from "../support/pull-ground.ts";
import { firstByteOf, serveOddly } from "../support/serve-images.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const world = new AsyncDisposableStack();
let ground: PullGround;
let daemon: TestDaemon;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  ground = world.use(await PullGround.start());
  daemon = ground.daemon;
});
afterAll(() => world.disposeAsync());
beforeEach(() => ground?.clear());

test("a transfer that is cut goes on where it stopped", async () => {
  let served = 0;
  await using registry = await startOdd(async (request, reply) => {
    const first = firstByteOf(request);
    if (first > 0) {
      served += LARGE.bytes.length - first;
      return false;
    }
    reply.head(200, { "content-length": LARGE.bytes.length });
    await reply.write(LARGE.bytes.subarray(0, 2_000_000));
    served += 2_000_000;
    reply.end();
    return true;
  });
  await mustPull(daemon, `${registry.host}/app:1`);
  // What was on its way when the connection ended comes twice.
  const [, first = 0] = askedFor(registry, LARGE_DIGEST);
  expect(first).toBeGreaterThan(1_500_000);
  expect(served).toBe(2_000_000 + LARGE.bytes.length - first);
  await ground.remove(registry);
});

test("a client that leaves ends the transfer; the next pull goes on", async () => {
  const { registry: stuck } = await startStuck(1_500_000);
  await using registry = stuck;
  const leaving = new AbortController();
  const first = pull(daemon, `${registry.host}/app:1`, { signal: leaving.signal }).catch(
    () => "left",
  );
  await ground.largeIsThere(1_500_000);
  leaving.abort();
  expect(await first).toBe("left");
  await expectInventory(daemon, { partial: [SMALL_NAME, LARGE_NAME].sort() });
  await mustPull(daemon, `${registry.host}/app:1`);
  expect(askedFor(registry, LARGE_DIGEST)).toEqual([0, 1_500_000]);
  await ground.remove(registry);
});

const DAMAGED = Buffer.from(LARGE.bytes);
DAMAGED[3_000] = (DAMAGED[3_000] ?? 0) ^ 1;

const REMAINS: Readonly<Record<string, readonly [bytes: Uint8Array, asked: readonly number[]]>> = {
  "with one byte wrong": [DAMAGED.subarray(0, 5_000), [5_000, 0]],
  "that are whole but for one byte": [DAMAGED, [0]],
  "that are no archive at all": [randomBytes(LARGE.bytes.length), [0]],
  "longer than the blob": [Buffer.concat([LARGE.bytes, LARGE.bytes]), [0]],
  "of nothing": [Buffer.alloc(0), [0]],
  "that are whole": [LARGE.bytes, []],
};

for (const [what, [bytes, asked]] of Object.entries(REMAINS)) {
  test(`remains ${what} do not spoil a pull`, async () => {
    await Bun.write(join(daemon.dataRoot, "blobs/partial", LARGE_NAME), bytes);
    await using registry = await startOdd(() => false);
    await mustPull(daemon, `${registry.host}/app:1`);
    expect(askedFor(registry, LARGE_DIGEST)).toEqual(asked);
    await ground.remove(registry);
  });
}

test("remains that cannot be unpacked are given up while the rest still comes", async () => {
  await Bun.write(join(daemon.dataRoot, "blobs/partial", LARGE_NAME), randomBytes(5_000));
  await using registry = await startOdd(() => false);
  await mustPull(daemon, `${registry.host}/app:1`);
  expect(askedFor(registry, LARGE_DIGEST).at(-1)).toBe(0);
  await ground.remove(registry);
});

test("two pulls at once share each layer, and one that leaves does not disturb the other", async () => {
  const { registry: stuck, release } = await startStuck(1_500_000);
  await using registry = stuck;
  const name = `${registry.host}/app:1`;
  const leaving = new AbortController();
  const first = pull(daemon, name, { signal: leaving.signal }).catch(() => "left");
  await ground.largeIsThere(1_500_000);
  const joined = Promise.withResolvers<void>();
  const second = pull(daemon, name, {
    onLine: ({ id = "", status }) => {
      if (LARGE_NAME.startsWith(id) && status === "Downloading") joined.resolve();
    },
  });
  await joined.promise;
  leaving.abort();
  expect(await first).toBe("left");
  release();
  expect((await second).error).toBe("");
  expect(askedFor(registry, LARGE_DIGEST)).toEqual([0]);
  expect(askedFor(registry, digestOf(SMALL.bytes))).toEqual([0]);
  await ground.remove(registry);
});

test("two images at once fetch a layer that both have once", async () => {
  const other = makeImage([SMALL, LARGE, gzipLayer(UPPER)]);
  const { registry: stuck, release } = await startStuck(1_500_000);
  await using first = stuck;
  await using second = await BadRegistry.start(serveOddly({ "1": other }, () => false));
  const pulls = [pull(daemon, `${first.host}/app:1`)];
  await ground.largeIsThere(1_500_000);
  pulls.push(pull(daemon, `${second.host}/app:1`));
  await waitUntil(
    "the second has its own layer",
    () => askedFor(second, digestOf(gzipLayer(UPPER).bytes)).length === 1,
  );
  release();
  for (const one of await Promise.all(pulls)) expect(one.error).toBe("");
  expect(askedFor(second, LARGE_DIGEST)).toEqual([]);
  await ground.api.json("DELETE", `/images/${first.host}/app:1`);
  await ground.remove(second);
});

test("an image that is removed while it is pulled again stays whole or goes whole", async () => {
  await using registry = await startOdd(() => false);
  const name = `${registry.host}/app:1`;
  for (let round = 0; round < 8; round += 1) {
    const [pulled] = await Promise.all([
      pull(daemon, name),
      ground.api.ask("DELETE", `/images/${name}?force=1`),
      pull(daemon, name),
    ]);
    expect(pulled.error).toBe("");
  }
  await mustPull(daemon, name);
  expect((await ground.api.json("GET", `/images/${name}/json`)).Id).toBe(IMAGE.id);
  await ground.remove(registry);
});

test("after kill -9 the store is clean, and the next pull fetches only the rest", async () => {
  const { registry: stuck } = await startStuck(1_500_000);
  await using registry = stuck;
  const first = pull(daemon, `${registry.host}/app:1`).catch(() => "gone");
  await ground.largeIsThere(1_500_000);
  await daemon.kill();
  expect(await first).toBe("gone");
  await daemon.startAgain();
  const { partial } = takeInventory(daemon);
  expect(partial).toContain(LARGE_NAME);
  await expectInventory(daemon, { partial });
  await mustPull(daemon, `${registry.host}/app:1`);
  expect(askedFor(registry, LARGE_DIGEST)).toEqual([0, 1_500_000]);
  await ground.remove(registry);
});

test("a daemon that is stopped in the middle of a pull ends in time", async () => {
  const { registry: stuck } = await startStuck(1_500_000);
  await using registry = stuck;
  const first = pull(daemon, `${registry.host}/app:1`).catch(() => "gone");
  await ground.largeIsThere(1_500_000);
  // It throws where the daemon does not end by itself.
  await daemon.stop();
  await first;
  await expectInventory(daemon, { partial: takeInventory(daemon).partial });
  await daemon.startAgain();
  await mustPull(daemon, `${registry.host}/app:1`);
  expect(askedFor(registry, LARGE_DIGEST)).toEqual([0, 1_500_000]);
  await ground.remove(registry);
});
