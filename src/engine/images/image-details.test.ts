import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import {
  descriptor,
  ImageWorld,
  imageConfig,
  manifestOf,
  ociFiles,
} from "../../../test/support/image-world.ts";
import { inPieces, makeTar, tarFile } from "../../../test/support/tar.ts";
import { digestOf } from "../../oci/digest.ts";
import { MEDIA_TYPE } from "../../oci/manifest.ts";

const AMD64 = { os: "linux", architecture: "amd64", variant: "" };
const ARM64 = { os: "linux", architecture: "arm64", variant: "v8" };
const NAMED = { "io.containerd.image.name": "docker.io/library/multi:1" };

/** An index of two platforms and an attestation, of which the archive has amd64 only. */
async function loadMulti(world: ImageWorld) {
  const plain = await makeTar([tarFile({ name: "f" }, "content")]);
  const layer = gzipSync(plain);
  const config = imageConfig([plain]);
  const manifest = manifestOf(config, [layer]);
  const isManifest = { mediaType: MEDIA_TYPE.manifest };
  const absent = Buffer.from("arm64's manifest");
  const attestation = Buffer.from("attestation");
  const index = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.index,
      manifests: [
        descriptor(manifest, { ...isManifest, platform: { os: "linux", architecture: "amd64" } }),
        descriptor(absent, {
          ...isManifest,
          platform: { os: "linux", architecture: "arm64", variant: "v8" },
        }),
        descriptor(attestation, {
          ...isManifest,
          platform: { os: "unknown", architecture: "unknown" },
          annotations: {
            "vnd.docker.reference.type": "attestation-manifest",
            "vnd.docker.reference.digest": digestOf(manifest),
          },
        }),
      ],
    }),
  );
  const outer = {
    manifests: [descriptor(index, { mediaType: MEDIA_TYPE.index, annotations: NAMED })],
  };
  await world.load(await makeTar(ociFiles(outer, [layer, config, manifest, index])));
  return { config, manifest, layer, absent, attestation, index };
}

test("an image's manifests are those of its index: here, of other platforms, about it", async () => {
  await using world = new ImageWorld();
  const made = await loadMulti(world);
  world.addContainer("c", digestOf(made.config));
  const { descriptor: named, manifests } = await world.images.get("multi:1", { manifests: true });
  expect(named?.digest).toBe(digestOf(made.index));
  const archived = made.manifest.length + made.config.length + made.layer.length;
  expect(manifests).toEqual([
    expect.objectContaining({
      kind: "image",
      isAvailable: true,
      contentBytes: archived,
      platform: AMD64,
      containers: ["c".padEnd(64, "0")],
      unpackedBytes: "content".length,
    }),
    expect.objectContaining({
      kind: "image",
      isAvailable: false,
      contentBytes: 0,
      platform: ARM64,
      containers: [],
      unpackedBytes: 0,
    }),
    expect.objectContaining({ kind: "attestation", attests: digestOf(made.manifest) }),
  ]);
  const [listed] = await world.images.list({ filters: {}, manifests: true });
  expect(listed?.manifests).toEqual(manifests as NonNullable<typeof manifests>);
});

test("an image that was never at a registry has no manifests", async () => {
  await using world = new ImageWorld();
  await world.import([tarFile({ name: "f" }, "x")], "own");
  expect(await world.images.get("own", { manifests: true })).toMatchObject({ manifests: [] });
  expect((await world.images.get("own")).manifests).toBeUndefined();
});

test("images share what more than one of them has", async () => {
  await using world = new ImageWorld();
  await world.import([tarFile({ name: "f" }, "shared")], "one");
  await world.import([tarFile({ name: "f" }, "shared")], "two", ["LABEL a=b"]);
  await world.import([tarFile({ name: "f" }, "own")], "three");
  const list = await world.images.list({ filters: {}, sharedSize: true });
  const shared = new Map(list.map(({ tags, sharedBytes }) => [tags[0], sharedBytes]));
  expect([...shared].sort()).toEqual([
    ["one:latest", 6],
    ["three:latest", 0],
    ["two:latest", 6],
  ]);
  expect((await world.images.list({ filters: {} }))[0]?.sharedBytes).toBeUndefined();
});

test("a platform that is asked for must be the image's", async () => {
  await using world = new ImageWorld();
  await world.import([tarFile({ name: "f" }, "x")], "app");
  const own = await world.images.get("app");
  const fits = { platform: { os: own.os, architecture: own.architecture, variant: "" } };
  const other = { platform: { os: "linux", architecture: "s390x", variant: "" } };
  expect((await world.images.get("app", fits)).id).toBe(own.id);
  expect(await world.images.history("app", fits)).toHaveLength(1);
  const wrong = {
    kind: "not-found",
    message: expect.stringMatching(
      /^image with reference app(:latest)? was found but does not match the specified platform: wanted linux\/s390x, actual: linux\//,
    ),
  };
  await expect(world.images.get("app", other)).rejects.toMatchObject(wrong);
  await expect(world.images.history("app", other)).rejects.toMatchObject(wrong);
  await expect(world.images.save(["app:latest"], other)).rejects.toMatchObject(wrong);
  const removal = { force: false, platforms: [other.platform] };
  await expect(world.images.remove("app", removal)).rejects.toMatchObject(wrong);
  expect((await world.images.get("app")).id).toBe(own.id);
  await world.images.remove("app", { force: false, platforms: [fits.platform] });
  expect(world.inventory().images).toEqual([]);
});

test("an archive with an image for another platform than is asked for is not loaded", async () => {
  await using world = new ImageWorld();
  await world.import([tarFile({ name: "f" }, "x")], "app");
  const saved = await world.save("app:latest");
  await world.images.remove("app", { force: false });
  const platform = { os: "linux", architecture: "s390x", variant: "" };
  // Bun's `rejects` does not hear of a thread's second answer.
  const load = Array.fromAsync(world.images.load(inPieces(saved), { platform }));
  expect(await load.catch((error: unknown) => error)).toMatchObject({
    kind: "not-found",
    message: expect.stringContaining("wanted linux/s390x"),
  });
  expect(world.inventory().images).toEqual([]);
  expect(await world.load(saved)).toEqual(["Loaded image: app:latest"]);
});

test("a prune counts kept archives and idle downloads, and tells of itself", async () => {
  await using world = new ImageWorld();
  const { layer } = await loadMulti(world);
  const [idle, busy] = [digestOf(Buffer.from("idle")), digestOf(Buffer.from("busy"))];
  for (const digest of [idle, busy]) writeFileSync(world.store.partials.pathOf(digest), "1234567");
  using _work = world.store.partials.hold(busy);
  const { reclaimedBytes } = await world.images.prune({ dangling: ["false"] });
  expect(reclaimedBytes).toBe("content".length + layer.length + 7);
  expect(world.events.at(-1)).toEqual(["prune", "", String(reclaimedBytes)]);
  expect(world.store.partials.list().map(({ digest }) => digest)).toEqual([busy]);
});

test("a prune that is limited to some images leaves downloads, and two at a time are refused", async () => {
  await using world = new ImageWorld();
  const idle = digestOf(Buffer.from("idle"));
  writeFileSync(world.store.partials.pathOf(idle), "1234567");
  const first = world.images.prune({ until: ["1h"] });
  await expect(world.images.prune({})).rejects.toMatchObject({
    kind: "conflict",
    message: "a prune operation is already running",
  });
  expect((await first).reclaimedBytes).toBe(0);
  expect(world.store.partials.list()).toHaveLength(1);
  expect((await world.images.prune({})).reclaimedBytes).toBe(7);
});

test.each([
  [{ until: ["x"] }, 'failed to parse value as time or duration: "x"'],
  [{ until: ["1h", "2h"] }, "more than one until filter specified"],
])("a prune with %j is refused", async (filters, message) => {
  await using world = new ImageWorld();
  await expect(world.images.prune(filters)).rejects.toMatchObject({ kind: "invalid", message });
});
