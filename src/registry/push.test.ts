import { expect, test } from "bun:test";
import { type RegistryKind, TestRegistry } from "../../test/support/registry.ts";
import { openRepository, USER } from "../../test/support/registry-user.ts";
import { digestOf } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/manifest.ts";
import type { BlobSource } from "./blob-source.ts";
import type { Repository } from "./repository.ts";

const LAYER = new Uint8Array(3_000_000).map((_, index) => index % 251);
const CONFIG = new TextEncoder().encode("{}");

const KINDS: readonly RegistryKind[] = [
  {},
  { tls: "server" },
  { auth: "basic" },
  { auth: "token" },
];

test.each(KINDS)("an image that is pushed can be pulled, by others too: %o", async (kind) => {
  await using registry = await TestRegistry.start(kind);
  const certificateRoots = [await registry.certificateRoot()];
  const repository = openRepository(registry, {
    actions: "push",
    credentials: USER,
    options: { certificateRoots },
  });
  const digest = await pushImage(repository, "1");
  const seen = await registry.inspect("app:1");
  expect(seen.status).toBe(0);
  expect(JSON.parse(seen.stdout)).toMatchObject({ Digest: digest, Layers: [digestOf(LAYER)] });
  expect(await repository.hasBlob(digestOf(LAYER))).toBe(LAYER.length);
});

test("a blob of unknown size is streamed, and its digest asked for at the end", async () => {
  await using registry = await TestRegistry.start();
  const repository = openRepository(registry, { actions: "push" });
  const sent: number[] = [];
  let isRead = false;
  const source: BlobSource = {
    digest: () => {
      if (!isRead) throw new Error("Asked too early");
      return digestOf(LAYER);
    },
    async *open(offset) {
      for await (const piece of pieces(LAYER, offset)) yield piece;
      isRead = true;
    },
  };
  const uploaded = await repository.uploadBlob(source, (bytes) => sent.push(bytes));
  expect(uploaded).toEqual({ digest: digestOf(LAYER), sizeBytes: LAYER.length });
  expect(sent.at(-1)).toBe(LAYER.length);
  expect(sent).toEqual(sent.toSorted((a, b) => a - b));
  expect(await registry.countRequests("PATCH", /./)).toBe(1);
});

test("an empty blob can be pushed, with its size known or not", async () => {
  await using registry = await TestRegistry.start();
  const repository = openRepository(registry, { actions: "push" });
  const empty = new Uint8Array(0);
  for (const source of [sourceOf(empty), { ...sourceOf(empty), sizeBytes: undefined }]) {
    const { sizeBytes, ...unsized } = source;
    await repository.uploadBlob(sizeBytes === undefined ? unsized : { ...unsized, sizeBytes });
  }
  expect(await repository.hasBlob(digestOf(empty))).toBe(0);
});

test("a blob is mounted from a repository that has it, and from no other", async () => {
  await using registry = await TestRegistry.start({ auth: "token" });
  const user = { credentials: USER, actions: "push" } as const;
  await pushImage(openRepository(registry, { ...user, path: "from" }), "1");
  const repository = openRepository(registry, user);
  expect(await repository.mountBlob(digestOf(LAYER), "from")).toBe(true);
  expect(await repository.hasBlob(digestOf(LAYER))).toBe(LAYER.length);
  expect(await repository.mountBlob(digestOf("nothing"), "from")).toBe(false);
  // The upload that was opened in place of the mount is ended.
  expect(await registry.countRequests("DELETE", /^\/v2\/app\/blobs\/uploads\//)).toBe(1);
  expect(registry.tokenServer?.demands.map(({ scopes }) => scopes)).toEqual([
    ["repository:from:pull,push"],
    ["repository:app:pull,push", "repository:from:pull"],
    ["repository:app:pull,push"],
    ["repository:app:pull,push", "repository:app:delete"],
  ]);
});

test("a blob that is not what its digest says is refused", async () => {
  await using registry = await TestRegistry.start();
  const repository = openRepository(registry, { actions: "push" });
  const source = { ...sourceOf(LAYER), digest: () => digestOf("something else") };
  await expect(repository.uploadBlob(source)).rejects.toMatchObject({
    kind: "invalid",
    message: expect.stringContaining("digest invalid"),
  });
});

test.each([-1, 1])("a source whose size is wrong by %i is an error of its own", async (by) => {
  await using registry = await TestRegistry.start();
  const repository = openRepository(registry, { actions: "push" });
  const source = { ...sourceOf(LAYER), sizeBytes: LAYER.length + by };
  await expect(repository.uploadBlob(source)).rejects.toMatchObject({
    kind: "internal",
    message: expect.stringContaining(`it was said to have ${LAYER.length + by} bytes, and has`),
  });
});

test("what a source throws comes out as it is, and nothing is tried again", async () => {
  await using registry = await TestRegistry.start();
  const repository = openRepository(registry, { actions: "push" });
  let opened = 0;
  const source: BlobSource = {
    digest: () => digestOf(LAYER),
    async *open() {
      opened += 1;
      yield LAYER.subarray(0, 100);
      throw new RangeError("the disk is on fire");
    },
  };
  await expect(repository.uploadBlob(source)).rejects.toThrow(RangeError);
  expect(opened).toBe(1);
});

test("who may not push is told so in Docker's words", async () => {
  await using registry = await TestRegistry.start({ auth: "token" });
  const nobody = openRepository(registry, { actions: "push" });
  await expect(nobody.uploadBlob(sourceOf(CONFIG))).rejects.toThrow(
    /^denied: requested access to the resource is denied$/,
  );
});

async function pushImage(repository: Repository, tag: string): Promise<string> {
  const blobs = [
    { mediaType: MEDIA_TYPE.config, bytes: CONFIG },
    { mediaType: MEDIA_TYPE.layer.gzip, bytes: LAYER },
  ];
  const [config, layer] = await Promise.all(
    blobs.map(async ({ mediaType, bytes }) => {
      const { digest, sizeBytes } = await repository.uploadBlob(sourceOf(bytes));
      return { mediaType, digest, size: sizeBytes };
    }),
  );
  const { manifest: mediaType } = MEDIA_TYPE;
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] }),
  );
  return repository.putManifest(tag, { mediaType, bytes });
}

function sourceOf(bytes: Uint8Array): BlobSource & { readonly sizeBytes: number } {
  return {
    sizeBytes: bytes.length,
    digest: () => digestOf(bytes),
    open: (offset) => pieces(bytes, offset),
  };
}

async function* pieces(bytes: Uint8Array, offset: number): AsyncGenerator<Uint8Array> {
  const step = 65_536;
  for (let at = offset; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}
