// Registries that misbehave while an image is pulled, and what a daemon's data root holds afterwards.

import { afterAll, beforeAll, beforeEach, expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { BadRegistry, type BadReply } from "../support/bad-registry.ts";
import type { TestDaemon } from "../support/daemon.ts";
import { LOWER, UPPER } from "../support/image-archives.ts";
import { expectInventory, mustPull, pull, takeInventory } from "../support/image-transfer.ts";
import { descriptor, imageConfig } from "../support/image-world.ts";
import { makeArtifact, makeImage, plainLayer } from "../support/made-image.ts";
import {
  LARGE,
  LARGE_DIGEST,
  LARGE_NAME,
  PullGround,
  SMALL,
  SMALL_NAME,
  startOdd,
} from "../support/pull-ground.ts";
import { serveOddly } from "../support/serve-images.ts";
import { testAsRoot as test } from "../support/test-if.ts";

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

const NAMES = [SMALL_NAME, LARGE_NAME].sort();

const BROKEN: Readonly<
  Record<
    string,
    readonly [
      odd: (reply: BadReply) => void | Promise<void>,
      error: string | RegExp,
      keeps?: "nothing",
    ]
  >
> = {
  "other bytes of the same length": [
    (reply) => reply.send(200, {}, randomBytes(LARGE.bytes.length)),
    /./,
    "nothing",
  ],
  "a whole archive of another content": [
    (reply) => {
      const other = Buffer.from(LARGE.bytes);
      other[4000] = (other[4000] ?? 0) ^ 1;
      reply.send(200, {}, other);
    },
    `filesystem layer verification failed for digest ${LARGE_DIGEST}`,
    "nothing",
  ],
  "too little": [
    (reply) => reply.send(200, {}, LARGE.bytes.subarray(0, 3_000_000)),
    "Cannot read blob",
  ],
  "too much": [
    (reply) => reply.send(200, {}, Buffer.concat([LARGE.bytes, Buffer.alloc(10)])),
    "Cannot read blob",
  ],
  "no end": [
    async (reply) => {
      reply.head(200, {});
      while (await reply.write(LARGE.bytes));
    },
    "sent more",
  ],
  "status 500": [(reply) => reply.send(500, {}, "oh"), "500"],
  "status 429": [(reply) => reply.send(429, { "retry-after": "0" }, "{}"), "toomanyrequests"],
  "a circle of redirects": [
    (reply) => reply.send(307, { location: `/v2/app/blobs/${LARGE_DIGEST}` }),
    "goes in a circle",
  ],
  "a way to a file": [(reply) => reply.send(307, { location: "file:///etc/passwd" }), "only http"],
  "no HTTP": [
    async (reply) => {
      await reply.write("SSH-2.0-OpenSSH\r\n\r\n");
      reply.end();
    },
    /./,
  ],
};

for (const [what, [odd, error, keeps]] of Object.entries(BROKEN)) {
  test(`a layer that comes as ${what} fails, and nothing unsound stays`, async () => {
    await using registry = await startOdd(async (_, reply) => {
      await odd(reply);
      return true;
    });
    const pulled = await pull(daemon, `${registry.host}/app:1`);
    expect(pulled.error).toMatch(error instanceof RegExp ? error : new RegExp(quoted(error)));
    // Downloads that came to their end, or may be gone on with.
    const { partial } = takeInventory(daemon);
    const sound = NAMES.filter((name) => keeps !== "nothing" || name !== LARGE_NAME);
    expect(partial.filter((name) => !sound.includes(name))).toEqual([]);
    await expectInventory(daemon, { partial });
    // What is kept for the next time must not spoil it.
    await using good = await startOdd(() => false);
    await mustPull(daemon, `${good.host}/app:1`);
    await ground.remove(good);
  });
}

function quoted(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

test("too many layers, a huge config, and layers that are others than was said", async () => {
  const many = Array.from({ length: 10_000 }, () => SMALL);
  const huge = Buffer.alloc(1);
  const wrong = imageConfig([UPPER, LARGE.tar]);
  const images = {
    many: makeImage(many),
    huge: makeArtifact(huge, [SMALL], {
      config: descriptor(huge, {
        mediaType: "application/vnd.oci.image.config.v1+json",
        size: 100 << 20,
      }),
    }),
    wrong: makeArtifact(wrong, [SMALL, LARGE]),
    notar: makeArtifact(imageConfig([Buffer.from("text")]), [plainLayer(Buffer.from("text"))]),
    cut: makeImage([{ ...SMALL, bytes: gzipSync(LOWER).subarray(0, -9) }]),
  };
  await using registry = await BadRegistry.start(serveOddly(images, () => false));
  const errors = {
    many: "max depth exceeded",
    huge: "it has 104857600 bytes, and at most 8388608 are taken",
    wrong: "invalid diffID for layer: expected",
    notar: "cut off after 4 bytes",
    cut: "gzip",
  };
  for (const [tag, error] of Object.entries(errors)) {
    const before = registry.requests.length;
    const pulled = await pull(daemon, `${registry.host}/app:${tag}`);
    expect([tag, pulled.error]).toEqual([tag, expect.stringContaining(error)]);
    const asked = registry.requests.slice(before).filter(({ path }) => path.includes("/blobs/"));
    if (tag === "many" || tag === "huge") expect(asked.length).toBe(0);
    // There is nothing wrong with the large layer.
    const { partial } = takeInventory(daemon);
    await expectInventory(daemon, { partial: tag === "wrong" ? partial : [] });
    expect(partial).not.toContain(SMALL_NAME);
    await ground.clear();
  }
});
