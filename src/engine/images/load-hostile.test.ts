import { describe, expect, test } from "bun:test";
import {
  CONFIG,
  dockerArchive,
  ENTRY,
  LAYERS,
  LOWER,
  NOTHING,
  UPPER,
} from "../../../test/support/image-archives.ts";
import {
  binaryFile,
  descriptor,
  ImageWorld,
  imageConfig,
  ociFiles,
} from "../../../test/support/image-world.ts";
import { makeTar, tarFile, tarSymlink } from "../../../test/support/tar.ts";
import type { TarFile } from "../../base/tar/tar-writer.ts";
import { digestOf } from "../../oci/digest.ts";

describe("a bad archive leaves nothing", () => {
  const bad = (part: object, config = CONFIG) =>
    dockerArchive([{ ...ENTRY, ...part }], LAYERS, config);
  const self = Buffer.from("{}");

  test.each<[string, () => Promise<Buffer>, RegExp]>([
    ["nothing in it", () => makeTar([]), /neither manifest.json nor index.json/],
    ["a root file system", () => makeTar([tarFile({ name: "bin/sh" })]), /use import/],
    [
      "Docker's oldest form",
      () => makeTar([tarFile({ name: "repositories" }, "{}")]),
      /before Docker 1.10/,
    ],
    ["a list that is no JSON", () => dockerArchive("[", LAYERS), /manifest.json: it is not JSON/],
    ["a list that is none", () => dockerArchive("{}", LAYERS), /want a list of images/],
    ["a list of texts", () => dockerArchive(["x"], LAYERS), /want an object/],
    ["no configuration", () => bad({ Config: "x" }), /it has no file "x"/],
    ["a configuration outside", () => bad({ Config: "../../../../etc/passwd" }), /it has no file/],
    ["a layer that is missing", () => bad({ Layers: ["a/layer.tar", "x"] }), /it has no file "x"/],
    ["a layer outside", () => bad({ Layers: ["a/layer.tar", "/etc/passwd"] }), /it has no file/],
    [
      "too few layers",
      () => bad({ Layers: ["a/layer.tar"] }),
      /layers length mismatch: expected 2, got 1/,
    ],
    [
      "layers in the wrong order",
      () => bad({ Layers: ["b/layer.tar", "a/layer.tar"] }),
      /invalid diffID for layer/,
    ],
    ["a bad name", () => bad({ RepoTags: ["App"] }), /must be lowercase/],
    ["a configuration that is none", () => bad({}, Buffer.from("{}")), /it lists no layers/],
    [
      "an image for another system",
      () => bad({}, imageConfig([LOWER, UPPER], { os: "windows" })),
      /cannot load windows image/,
    ],
    [
      "links in a ring",
      () =>
        dockerArchive(
          [ENTRY],
          [
            tarSymlink("a/layer.tar", "../b/layer.tar"),
            tarSymlink("b/layer.tar", "../a/layer.tar"),
          ],
        ),
      /it has no file "a\/layer.tar"/,
    ],
    [
      "a layer that is no tar",
      async () =>
        dockerArchive(
          [{ ...ENTRY, Layers: ["a/layer.tar"] }],
          [tarFile({ name: "a/layer.tar" }, "x".repeat(600))],
          imageConfig([Buffer.from("x".repeat(600))]),
        ),
      /no tar header/,
    ],
    [
      "a blob that is another",
      async () =>
        makeTar([
          ...ociFiles({ manifests: [descriptor(self)] }, []),
          binaryFile(`blobs/sha256/${digestOf(self).slice(7)}`, CONFIG),
        ]),
      /blob sha256:.* has .* bytes with digest/,
    ],
    [
      "a digest that is a path",
      async () =>
        makeTar(ociFiles({ manifests: [{ ...descriptor(self), digest: "sha256:../x" }] }, [])),
      /Cannot parse digest/,
    ],
    [
      "an index of another version",
      async () => makeTar([tarFile({ name: "index.json" }, '{"schemaVersion":1}')]),
      /not of schema version 2/,
    ],
    [
      "a blob that is missing",
      () => makeTar(ociFiles({ manifests: [descriptor(CONFIG)] }, [])),
      /it has no file "blobs/,
    ],
  ])("%s", async (_what, make, message) => {
    await using world = new ImageWorld();
    const error = { kind: "invalid", message: expect.stringMatching(message) };

    await expect(world.load(await make())).rejects.toMatchObject(error);
    expect(world.inventory()).toMatchObject(NOTHING);
    expect(world.events).toEqual([]);
  });

  test("one of whose images is good", async () => {
    await using world = new ImageWorld();
    const archive = dockerArchive([ENTRY, { ...ENTRY, Layers: [] }], LAYERS);

    await expect(world.load(await archive)).rejects.toThrow(/length mismatch/);
    expect(world.inventory()).toMatchObject(NOTHING);
  });

  test("that claims that a layer that is there is another", async () => {
    await using world = new ImageWorld();
    await world.load(await dockerArchive([ENTRY], LAYERS));
    const before = world.inventory();
    const forged = imageConfig([LOWER, UPPER], { author: "mallory" });
    const swapped = [LAYERS[0], binaryFile("b/layer.tar", LOWER)] as TarFile[];

    // Bun's `rejects` does not hear of a thread's second answer.
    const error = await world.load(await dockerArchive([ENTRY], swapped, forged)).catch((e) => e);
    expect(error.message).toMatch(/invalid diffID/);
    expect(world.inventory()).toEqual(before);
  });

  test("wherever it is cut off", async () => {
    await using world = new ImageWorld();
    const archive = await dockerArchive([ENTRY], LAYERS);
    for (let length = 0; length <= archive.length - 1024; length += 512) {
      await expect(world.load(archive.subarray(0, length))).rejects.toMatchObject({
        kind: "invalid",
      });
    }
    expect(world.inventory()).toMatchObject(NOTHING);
  });

  test("when its sender goes away", async () => {
    await using world = new ImageWorld();
    const archive = await dockerArchive([ENTRY], LAYERS);
    async function* failing() {
      yield archive.subarray(0, 2000);
      throw new Error("the client is gone");
    }

    await expect(Array.fromAsync(world.images.load(failing()))).rejects.toThrow(
      "the client is gone",
    );
    expect(world.inventory()).toMatchObject(NOTHING);
  });
});
