import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import {
  dockerArchive,
  ENTRY,
  ID,
  LAYERS,
  LOWER,
  NOTHING,
  UPPER,
} from "../../../test/support/image-archives.ts";
import { binaryFile, ImageWorld } from "../../../test/support/image-world.ts";
import { makeTar, readTar } from "../../../test/support/tar.ts";

describe("save", () => {
  test("writes an archive that gives the same image again, from either of its forms", async () => {
    await using world = new ImageWorld();
    await world.load(
      await dockerArchive(
        [ENTRY],
        [binaryFile("a/layer.tar", gzipSync(LOWER)), binaryFile("b/layer.tar", UPPER)],
      ),
    );
    const archive = await world.save("app:1");
    const entries = readTar(archive);
    const withoutList = entries.filter(({ name }) => name !== "manifest.json");

    for (const files of [entries, withoutList]) {
      await using other = new ImageWorld();
      const again = await makeTar(
        files.map(({ content, ...entry }) => ({ entry, content: [content] })),
      );
      expect(await other.load(again)).toEqual(["Loaded image: app:1"]);
      expect((await other.images.get("app:1")).id).toBe(ID);
      expect(other.inventory().blobs).toEqual(world.inventory().blobs);
    }
    expect(await world.save("app:1")).toEqual(archive);
    expect(world.events.at(-1)).toEqual(["save", ID, "app:1"]);
  });

  test.each<[readonly string[], readonly (readonly string[] | null)[]]>([
    [["app:1"], [["app:1"]]],
    [["app"], [["app:1", "app:2"]]],
    [[ID], [null]],
    [[ID.slice(7, 19)], [null]],
    [["app:1", "other", "app:1"], [["app:1", "other:latest"]]],
  ])("%j has the names %j", async (refs, names) => {
    await using world = new ImageWorld();
    await world.load(
      await dockerArchive([{ ...ENTRY, RepoTags: ["app:1", "app:2", "other"] }], LAYERS),
    );
    const entries = readTar(await world.save(...refs));
    const list = entries.find(({ name }) => name === "manifest.json")?.content.toString() ?? "";

    expect(JSON.parse(list).map(({ RepoTags }: { RepoTags: unknown }) => RepoTags)).toEqual(names);
  });

  test("goes on when the image is removed meanwhile, and leaves nothing then", async () => {
    await using world = new ImageWorld();
    await world.load(await dockerArchive([ENTRY], LAYERS));
    const stream = (await world.images.save(["app:1"]))[Symbol.asyncIterator]();
    await stream.next();
    await world.images.remove("app:1", { force: false });
    let bytes = 0;
    for (let step = await stream.next(); step.done !== true; step = await stream.next()) {
      bytes += step.value.length;
    }

    expect(bytes).toBeGreaterThan(LOWER.length + UPPER.length);
    expect(world.inventory()).toMatchObject(NOTHING);
  });
});
