import { describe, expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  CONFIG,
  dockerArchive,
  ENTRY,
  ID,
  LAYERS,
  LOWER,
  makeNested,
  ociArchive,
  UPPER,
} from "../../../test/support/image-archives.ts";
import {
  binaryFile,
  descriptor,
  ImageWorld,
  imageConfig,
} from "../../../test/support/image-world.ts";
import { makeTar, tarFile, tarLink, tarSymlink } from "../../../test/support/tar.ts";
import { digestOf } from "../../oci/digest.ts";
import { hostPlatform } from "../../oci/platform.ts";

describe("load", () => {
  test.each([
    ["as they are", LAYERS],
    [
      "compressed",
      [
        binaryFile("a/layer.tar", gzipSync(LOWER)),
        binaryFile("b/layer.tar", zstdCompressSync(UPPER)),
      ],
    ],
    [
      "behind links",
      [
        binaryFile("x", LOWER),
        tarSymlink("a/layer.tar", "../x"),
        binaryFile("y", UPPER),
        tarLink("b/layer.tar", "y"),
      ],
    ],
  ])("reads what Docker saved, with layers %s", async (_how, layers) => {
    await using world = new ImageWorld();
    const list = [{ ...ENTRY, RepoTags: ["app:1", "user/app:2"] }];

    expect(await world.load(await dockerArchive(list, layers))).toEqual([
      "Loaded image: app:1",
      "Loaded image: user/app:2",
    ]);
    expect(await world.images.get("app:1")).toMatchObject({ id: ID, sizeBytes: 5 });
    expect(world.images.find(ID)?.lowers).toHaveLength(2);
    expect(world.events).toEqual([["load", ID, "app:1"]]);
    expect(world.inventory().unfinished).toEqual([]);
  });

  test("reads a compressed archive, with several images, and one without a name", async () => {
    await using world = new ImageWorld();
    const second = imageConfig([LOWER]);
    const archive = await makeTar([
      tarFile(
        { name: "manifest.json" },
        JSON.stringify([ENTRY, { Config: "second", RepoTags: null, Layers: ["a/layer.tar"] }]),
      ),
      ...LAYERS,
      binaryFile("config.json", CONFIG),
      binaryFile("second", second),
    ]);

    expect(await world.load(gzipSync(archive))).toEqual([
      "Loaded image: app:1",
      `Loaded image ID: ${digestOf(second)}`,
    ]);
    expect(world.inventory().layers).toEqual(["0", "1", "2"]);
  });

  test("says when a name is taken from another image", async () => {
    await using world = new ImageWorld();
    const old = await world.import([tarFile({ name: "f" })], "app:1");

    expect(await world.load(await dockerArchive([ENTRY], LAYERS))).toEqual([
      `The image app:1 already exists, renaming the old one with ID ${old} to empty string`,
      "Loaded image: app:1",
    ]);
    expect((await world.images.get(old)).tags).toEqual([]);
  });

  test("of what is there already changes nothing", async () => {
    await using world = new ImageWorld();
    const archive = await dockerArchive([ENTRY], LAYERS);
    await world.load(archive);
    const before = world.inventory();
    await world.load(archive);

    expect(world.inventory()).toEqual(before);
  });

  test.each<[string, object, string]>([
    [
      "a name in full",
      { "io.containerd.image.name": "docker.io/user/app:1" },
      "Loaded image: user/app:1",
    ],
    [
      "a name",
      { "org.opencontainers.image.ref.name": "host:5000/app" },
      "Loaded image: host:5000/app:latest",
    ],
    ["a tag alone", { "org.opencontainers.image.ref.name": "latest" }, `Loaded image ID: ${ID}`],
    ["nothing", {}, `Loaded image ID: ${ID}`],
  ])("reads an OCI layout that notes %s", async (_what, annotations, line) => {
    await using world = new ImageWorld();
    const archive = await ociArchive((manifest) => ({ manifests: [{ ...manifest, annotations }] }));

    expect(await world.load(archive)).toEqual([line]);
  });

  test("takes this machine's platform from a nested index, and no attestation", async () => {
    await using world = new ImageWorld();
    const { os, architecture } = hostPlatform();
    const other = Buffer.from("{}");
    const archive = await makeNested(
      (manifest) => [
        { ...descriptor(other), platform: { os, architecture: "riscv64" } },
        { ...descriptor(other), platform: { os: "unknown", architecture: "unknown" } },
        { ...manifest, platform: { os, architecture } },
      ],
      other,
    );

    expect(await world.load(archive)).toEqual(["Loaded image: app:nested"]);
    expect((await world.images.get("app:nested")).id).toBe(ID);
  });

  test("says which platforms there are when none is this machine's", async () => {
    await using world = new ImageWorld();
    const archive = await makeNested((manifest) => [
      { ...manifest, platform: { os: "linux", architecture: "s390x" } },
    ]);

    await expect(world.load(archive)).rejects.toThrow(
      /has no image for linux\/.*only for linux\/s390x/,
    );
  });
});
