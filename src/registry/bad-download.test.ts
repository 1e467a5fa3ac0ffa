import { expect, jest, test } from "bun:test";
import { BadRegistry, type BadReply, type Script } from "../../test/support/bad-registry.ts";
import { openRepository } from "../../test/support/registry-user.ts";
import { stopTimers } from "../../test/support/stop-timers.ts";
import { digestOf } from "../oci/digest.ts";
import type { RegistryOptions } from "./registry-client.ts";

const BYTES = new Uint8Array(300_000).map((_, index) => index % 251);
const BLOB = { digest: digestOf(BYTES), sizeBytes: BYTES.length };
const HALF = BYTES.length / 2;

test("a transfer that is cut goes on with a range, or from the start where there are none", async () => {
  for (const hasRanges of [true, false]) {
    const arrived = Promise.withResolvers<void>();
    await using registry = await BadRegistry.start(cutOnce(hasRanges, arrived.promise));
    const reading = openRepository(registry).readBlob(BLOB, 0);
    const first = await reading.next();
    arrived.resolve();
    const rest = await Array.fromAsync(reading);
    expect(Buffer.concat([first.value ?? BYTES, ...rest])).toEqual(Buffer.from(BYTES));
    expect(registry.requests.map((request) => request.header("range"))).toEqual([
      undefined,
      expect.stringMatching(/^bytes=\d+-299999$/),
    ]);
  }
});

test("a transfer that is cut again and again is given up", async () => {
  await using registry = await BadRegistry.start(async (_, reply) => {
    reply.head(200, { "content-length": BYTES.length });
    await reply.write(BYTES.subarray(0, 10));
    reply.end();
  });
  await expect(readAll(registry)).rejects.toMatchObject({
    kind: "unavailable",
    message: expect.stringContaining("unexpected EOF"),
  });
  expect(registry.requests.length).toBe(3);
});

test.each<[string, Script, RegExp]>([
  [
    "has another size",
    (_, reply) => reply.send(200, {}, BYTES.subarray(1)),
    /^Cannot read blob sha256:\w+ of 300000 bytes from http:\S+: \S+ has 299999 bytes of it$/,
  ],
  [
    "does not end in time",
    async (_, reply) => {
      reply.head(200, { "transfer-encoding": "chunked" });
      while (await reply.write(`10000\r\n${"x".repeat(0x10000)}\r\n`));
    },
    /: \S+ sent more$/,
  ],
  [
    "ends early",
    (_, reply) => {
      reply.head(200, {});
      reply.send(200, {}, "");
      reply.end();
    },
    /it ended after \d+ bytes: unexpected EOF$/,
  ],
  [
    "is another range",
    (_, reply) => reply.send(206, { "content-range": "bytes 5-9/300000" }, "12345"),
    /bytes 0- were asked for, and \S+ sent status 206 with "bytes 5-9\/300000"$/,
  ],
  [
    "is a range of nothing",
    (_, reply) => reply.send(416, { "content-range": "bytes */5" }),
    /there is nothing behind its first 0 bytes$/,
  ],
])("a blob whose transfer %s is an error", async (_, script, message) => {
  await using registry = await BadRegistry.start(script);
  await expect(readAll(registry)).rejects.toThrow(message);
});

test("a content encoding does not change a blob's bytes", async () => {
  const zipped = Bun.gzipSync(BYTES);
  await using registry = await BadRegistry.start((_, reply) =>
    reply.send(200, { "content-encoding": "gzip" }, zipped),
  );
  const blob = { digest: digestOf(zipped), sizeBytes: zipped.length };
  expect(await openRepository(registry).readSmallBlob(blob, 400_000)).toEqual(Buffer.from(zipped));
  expect(registry.requests[0]?.header("accept-encoding")).toBe("identity");
});

test("a small blob is verified, and no larger than what is taken", async () => {
  await using registry = await BadRegistry.start((_, reply) => reply.send(200, {}, "abc"));
  const repository = openRepository(registry);
  const blob = { digest: digestOf("xyz"), sizeBytes: 3 };
  await expect(repository.readSmallBlob(blob, 3)).rejects.toThrow(
    `its bytes have the digest ${digestOf("abc")}`,
  );
  await expect(repository.readSmallBlob(blob, 2)).rejects.toThrow("at most 2 are taken");
});

test("a server that stops sending is left after a while, and one that is slow is not", async () => {
  using _clock = stopTimers();
  const options = { idleTimeoutMs: 1_000, maxAttempts: 1 };
  await using silent = await BadRegistry.start(async (_, reply) => {
    reply.head(200, { "content-length": BYTES.length });
    jest.advanceTimersByTime(1_000);
    await reply.closed();
  });
  await expect(readAll(silent, options)).rejects.toThrow(
    "timeout: the server was silent for too long",
  );

  const slow = { digest: digestOf("x".repeat(12)), sizeBytes: 12 };
  const ready = Promise.withResolvers<BadReply>();
  await using dripping = await BadRegistry.start(async (_, reply) => {
    reply.head(200, { "content-length": 12 });
    await reply.write("x");
    ready.resolve(reply);
    await reply.closed();
  });
  const reading = openRepository(dripping, { options }).readBlob(slow, 0);
  const pieces = [(await reading.next()).value];
  const reply = await ready.promise;
  while (pieces.length < 12) {
    const next = reading.next();
    // All in all this is much longer than the limit.
    jest.advanceTimersByTime(999);
    await reply.write("x");
    pieces.push((await next).value);
  }
  expect(pieces.map((piece) => piece?.length)).toEqual(Array.from({ length: 12 }, () => 1));
  expect((await reading.next()).done).toBe(true);
});

test("the signal ends a transfer at once, with its reason", async () => {
  const controller = new AbortController();
  await using registry = await BadRegistry.start(async (_, reply) => {
    reply.head(200, { "content-length": BYTES.length });
    await reply.write("abc");
    controller.abort(new Error("no longer wanted"));
    await reply.closed();
  });
  const repository = openRepository(registry, { signal: controller.signal });
  await expect(Array.fromAsync(repository.readBlob(BLOB, 0))).rejects.toThrow("no longer wanted");
});

test("the signal ends the wait before the next attempt too", async () => {
  const controller = new AbortController();
  await using registry = await BadRegistry.start((_, reply) => {
    reply.send(503, { "retry-after": 3600 });
    controller.abort(new Error("no longer wanted"));
  });
  const repository = openRepository(registry, { signal: controller.signal });
  await expect(repository.getManifest("1")).rejects.toThrow("no longer wanted");
});

test("a consumer that stops lets go of the connection", async () => {
  const closed = Promise.withResolvers<void>();
  await using registry = await BadRegistry.start(async (_, reply) => {
    reply.head(200, { "content-length": BYTES.length });
    await reply.write(BYTES.subarray(0, HALF));
    await reply.closed();
    closed.resolve();
  });
  for await (const _ of openRepository(registry).readBlob(BLOB, 0)) break;
  await closed.promise;
});

test("a body is read no faster than it is taken", async () => {
  let sentBytes = 0;
  const piece = Buffer.alloc(1_048_576);
  const sizeBytes = 1e12;
  await using registry = await BadRegistry.start(async (_, reply) => {
    reply.head(200, { "content-length": sizeBytes });
    while (await reply.write(piece)) sentBytes += piece.length;
  });
  const reading = openRepository(registry).readBlob({ digest: BLOB.digest, sizeBytes }, 0);
  const first = await reading.next();
  // Long enough for gigabytes, were they taken.
  await Bun.sleep(500);
  expect(first.value?.length).toBeGreaterThan(0);
  expect(sentBytes).toBeLessThan(32 * piece.length);
  await reading.return();
});

test("foreign layers come from their URLs, in order, and nobody's secrets go there", async () => {
  await using broken = await BadRegistry.start((_, reply) => reply.send(404));
  await using foreign = await BadRegistry.start((_, reply) => reply.send(200, {}, BYTES));
  await using registry = await BadRegistry.start((_, reply) => reply.send(500));
  const credentials = { kind: "registry-token", token: "secret" } as const;
  const repository = openRepository(registry, { credentials });
  const urls = [`${broken.url}/layer`, `${foreign.url}/layer`];
  const bytes = await Array.fromAsync(repository.readBlob({ ...BLOB, urls }, 0));
  expect(Buffer.concat(bytes)).toEqual(Buffer.from(BYTES));
  expect(foreign.requests[0]?.header("authorization")).toBeUndefined();
  expect(registry.requests).toEqual([]);
  const local = { ...BLOB, urls: ["file:///etc/passwd"] };
  await expect(Array.fromAsync(repository.readBlob(local, 0))).rejects.toThrow(
    'it leads to "file:", and only http and https are followed',
  );
});

test("what a mirror begins the registry ends", async () => {
  const arrived = Promise.withResolvers<void>();
  await using mirror = await BadRegistry.start(async (request, reply) => {
    if (request.header("range") !== undefined) return reply.send(500);
    reply.head(200, { "content-length": BYTES.length });
    await reply.write(BYTES.subarray(0, HALF));
    await arrived.promise;
    reply.end();
  });
  await using hub = await BadRegistry.start((_, reply) => reply.send(200, {}, BYTES));
  // Two mirrors: the hub itself is out of a test's reach.
  const repository = openRepository(
    { host: "docker.io" },
    {
      path: "library/app",
      credentials: { kind: "basic", username: "user", password: "secret" },
      options: { mirrors: [mirror.url, hub.url] },
    },
  );
  const reading = repository.readBlob(BLOB, 0);
  const first = await reading.next();
  arrived.resolve();
  const rest = await Array.fromAsync(reading);
  expect(Buffer.concat([first.value ?? BYTES, ...rest])).toEqual(Buffer.from(BYTES));
  for (const request of [...mirror.requests, ...hub.requests]) {
    expect(request.header("authorization")).toBeUndefined();
  }
  expect(hub.requests[0]?.header("range")).toMatch(/^bytes=\d+-299999$/);
});

/** It cuts the first transfer in the middle, once that has arrived. */
function cutOnce(hasRanges: boolean, arrived: Promise<void>): Script {
  let isCut = false;
  return async (request, reply) => {
    const first = /^bytes=(\d+)-/.exec(request.header("range") ?? "")?.[1];
    if (isCut && hasRanges && first !== undefined) {
      const start = Number(first);
      const range = `bytes ${start}-${BYTES.length - 1}/${BYTES.length}`;
      return reply.send(206, { "content-range": range }, BYTES.subarray(start));
    }
    if (isCut) return reply.send(200, {}, BYTES);
    isCut = true;
    reply.head(200, { "content-length": BYTES.length });
    await reply.write(BYTES.subarray(0, HALF));
    await arrived;
    reply.end();
  };
}

async function readAll(
  registry: BadRegistry,
  options: Partial<RegistryOptions> = {},
): Promise<Buffer> {
  const repository = openRepository(registry, { options });
  return Buffer.concat(await Array.fromAsync(repository.readBlob(BLOB, 0)));
}
