import { expect, jest, test } from "bun:test";
import { BadRegistry, type BadReply, type BadRequest } from "../../test/support/bad-registry.ts";
import { openRepository } from "../../test/support/registry-user.ts";
import { stopTimers } from "../../test/support/stop-timers.ts";
import { digestOf } from "../oci/digest.ts";
import type { BlobSource } from "./blob-source.ts";

const BYTES = new Uint8Array(3_000_000).map((_, index) => index % 251);
const DIGEST = digestOf(BYTES);
const SESSION = "/v2/app/blobs/uploads/1?_state=a%2Bb==";
const LIMIT_MS = 1_000;

/** A registry as it should be, but that it hangs up once, after so many bytes. */
class Uploads {
  stored = Buffer.alloc(0);
  /** What it says that it has of the upload, where that is not what it has. */
  claimedRange: string | undefined;
  #hangsUp: boolean;

  constructor(hangsUp: boolean) {
    this.#hangsUp = hangsUp;
  }

  async answer(request: BadRequest, reply: BadReply): Promise<void> {
    switch (request.method) {
      case "POST":
        this.stored = Buffer.alloc(0);
        return reply.send(202, { location: SESSION, range: "0-0" });
      case "GET":
        return reply.send(204, { location: SESSION, range: this.#range() });
      case "DELETE":
        return reply.send(204);
      default:
        return this.#take(request, reply);
    }
  }

  async #take(request: BadRequest, reply: BadReply): Promise<void> {
    const body = await request.readBody(this.#hangsUp ? 1_000_000 : Number.POSITIVE_INFINITY);
    this.stored = Buffer.concat([this.stored, body]);
    if (this.#hangsUp) {
      this.#hangsUp = false;
      return reply.cut();
    }
    const status = request.method === "PUT" ? 201 : 202;
    reply.send(status, { location: SESSION, range: this.#range() });
  }

  #range(): string {
    return this.claimedRange ?? `0-${this.stored.length - 1}`;
  }
}

test.each([true, false])(
  "an upload that breaks goes on where it stopped, its size known: %p",
  async (isSized) => {
    const uploads = new Uploads(true);
    await using registry = await BadRegistry.start((request, reply) =>
      uploads.answer(request, reply),
    );
    await openRepository(registry, { actions: "push" }).uploadBlob(sourceOf(isSized));
    expect(digestOf(uploads.stored)).toBe(DIGEST);
    const first = isSized ? "PUT" : "PATCH";
    expect(methodsOf(registry)).toEqual(["POST", first, "GET", "PATCH", "PUT"]);
    const [, , , again, last] = registry.requests;
    if (isSized) expect(again?.header("content-range")).toMatch(/^\d{6,}-2999999$/);
    expect(last?.path).toBe(`${SESSION}&digest=${encodeURIComponent(DIGEST)}`);
  },
);

test.each(["0-0", "5-9", "0-99999999", "rubbish"])(
  "an upload of which the registry says %s begins again",
  async (range) => {
    const uploads = new Uploads(true);
    uploads.claimedRange = range;
    await using registry = await BadRegistry.start((request, reply) =>
      uploads.answer(request, reply),
    );
    const sent: number[] = [];
    const repository = openRepository(registry, { actions: "push" });
    await repository.uploadBlob(sourceOf(true), (bytes) => sent.push(bytes));
    expect(digestOf(uploads.stored)).toBe(DIGEST);
    expect(methodsOf(registry)).toEqual(["POST", "PUT", "GET", "DELETE", "POST", "PUT"]);
    expect(sent.at(-1)).toBe(BYTES.length);
  },
);

test("an upload that never works is given up, and the registry told", async () => {
  await using registry = await BadRegistry.start((request, reply) => {
    if (request.method === "POST") return reply.send(202, { location: SESSION });
    if (request.method === "DELETE") return reply.send(204);
    return request.method === "GET" ? reply.send(404) : reply.cut();
  });
  const repository = openRepository(registry, { actions: "push" });
  await expect(repository.uploadBlob(sourceOf(true))).rejects.toThrow("unexpected EOF");
  expect(methodsOf(registry).filter((method) => method === "PUT").length).toBe(3);
  expect(methodsOf(registry).at(-1)).toBe("DELETE");
});

test("a registry that stored other bytes than were sent is found out", async () => {
  const other = digestOf("other");
  await using registry = await BadRegistry.start(async (request, reply) => {
    await request.readBody();
    if (request.method === "POST") return reply.send(202, { location: SESSION });
    reply.send(201, { "docker-content-digest": other });
  });
  const repository = openRepository(registry, { actions: "push" });
  await expect(repository.uploadBlob(sourceOf(true))).rejects.toThrow(
    `Cannot upload ${DIGEST}: ${registry.host} says that it stored ${other}`,
  );
  const manifest = { mediaType: "a/b", bytes: Buffer.from("{}") };
  await expect(repository.putManifest("1", manifest)).rejects.toThrow(
    `says that it stored ${other} in place of ${digestOf("{}")}`,
  );
});

test.each([
  ["file:///tmp/x", 'it leads to "file:", and only http and https are followed'],
  ["", "it opened no upload, but answered with status 202"],
])("an upload is not sent to %j", async (location, reason) => {
  await using registry = await BadRegistry.start((_, reply) =>
    reply.send(202, location === "" ? {} : { location }),
  );
  const repository = openRepository(registry, { actions: "push" });
  await expect(repository.uploadBlob(sourceOf(true))).rejects.toThrow(reason);
});

test("an upload that goes to another server takes no credentials there", async () => {
  await using storage = await BadRegistry.start(async (request, reply) => {
    await request.readBody();
    reply.send(201);
  });
  await using registry = await BadRegistry.start((_, reply) =>
    reply.send(202, { location: `${storage.url}/put?sig=1` }),
  );
  const credentials = { kind: "registry-token", token: "secret" } as const;
  const repository = openRepository(registry, { actions: "push", credentials });
  await repository.uploadBlob(sourceOf(true));
  expect(registry.requests[0]?.header("authorization")).toBe("Bearer secret");
  expect(storage.requests[0]?.path).toBe(`/put?sig=1&digest=${encodeURIComponent(DIGEST)}`);
  expect(storage.requests[0]?.header("authorization")).toBeUndefined();
});

test("a refusal in the midst of an upload ends it with what the registry says, and closes the source", async () => {
  await using registry = await BadRegistry.start(async (request, reply) => {
    if (request.method === "POST") return reply.send(202, { location: SESSION });
    await request.readBody(10);
    reply.sendJson(413, { errors: [{ code: "SIZE_INVALID", message: "too much" }] });
  });
  let isClosed = false;
  const source: BlobSource = {
    digest: () => DIGEST,
    async *open() {
      try {
        for (;;) yield BYTES;
      } finally {
        isClosed = true;
      }
    },
  };
  const repository = openRepository(registry, { actions: "push" });
  await expect(repository.uploadBlob(source)).rejects.toThrow("size invalid: too much");
  expect(isClosed).toBe(true);
});

test("a source is read no faster than the registry takes it", async () => {
  let readBytes = 0;
  const seen = Promise.withResolvers<void>();
  await using registry = await BadRegistry.start(async (request, reply) => {
    if (request.method === "POST") return reply.send(202, { location: SESSION });
    await request.readBody(1);
    seen.resolve();
    await reply.closed();
  });
  const controller = new AbortController();
  const { signal } = controller;
  const repository = openRepository(registry, { actions: "push", signal });
  const source: BlobSource = {
    digest: () => DIGEST,
    async *open() {
      for (;;) {
        readBytes += BYTES.length;
        yield BYTES;
      }
    },
  };
  const uploading = repository.uploadBlob(source).catch((error: unknown) => error);
  await seen.promise;
  // Long enough for gigabytes, were they read.
  await Bun.sleep(300);
  expect(readBytes).toBeLessThan(30_000_000);
  controller.abort(new Error("no longer wanted"));
  expect(String(await uploading)).toContain("no longer wanted");
});

test("a registry has more time to store a blob than to take its next piece", async () => {
  using _clock = stopTimers();
  for (const isSized of [true, false]) {
    const ended = Promise.withResolvers<void>();
    await using registry = await BadRegistry.start(async (request, reply) => {
      if (request.method === "POST") return reply.send(202, { location: SESSION });
      await request.readBody();
      await ended.promise;
      jest.advanceTimersByTime(9 * LIMIT_MS);
      reply.send(request.method === "PUT" ? 201 : 202, { location: SESSION });
    });
    const options = { idleTimeoutMs: LIMIT_MS, maxAttempts: 1 };
    const repository = openRepository(registry, { actions: "push", options });
    const source = sourceOf(isSized);
    await repository.uploadBlob({
      ...source,
      async *open(offset) {
        yield* source.open(offset);
        // By then the end has been passed on.
        setImmediate(ended.resolve);
      },
    });
  }
});

test("a registry that takes no more of an upload is left after a while", async () => {
  using _clock = stopTimers();
  await using registry = await BadRegistry.start(async (request, reply) => {
    if (request.method === "POST") return reply.send(202, { location: SESSION });
    if (request.method === "DELETE") return reply.send(204);
    await request.readBody(1);
    jest.advanceTimersByTime(LIMIT_MS);
    await reply.closed();
  });
  const options = { idleTimeoutMs: LIMIT_MS, maxAttempts: 1 };
  const repository = openRepository(registry, { actions: "push", options });
  const source: BlobSource = {
    digest: () => DIGEST,
    async *open() {
      for (;;) yield BYTES;
    },
  };
  await expect(repository.uploadBlob(source)).rejects.toThrow("timeout: the server");
});

function methodsOf(registry: BadRegistry): readonly string[] {
  return registry.requests.map(({ method }) => method);
}

function sourceOf(isSized: boolean): BlobSource {
  return {
    ...(isSized ? { sizeBytes: BYTES.length } : {}),
    digest: () => DIGEST,
    async *open(offset) {
      const step = 65_536;
      for (let at = offset; at < BYTES.length; at += step) yield BYTES.subarray(at, at + step);
    },
  };
}
