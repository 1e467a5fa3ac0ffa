import { describe, expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { ImageWorld } from "../../../test/support/image-world.ts";
import { inPieces, makeTar, tarFile } from "../../../test/support/tar.ts";

const ROOT = [tarFile({ name: "bin/tool", uid: 5, gid: 70_000 }, "tool")];

describe("import", () => {
  test.each([
    ["plain", (bytes: Buffer) => bytes],
    ["gzip", (bytes: Buffer) => gzipSync(bytes)],
    ["zstd", (bytes: Buffer) => zstdCompressSync(bytes)],
  ])("makes an image of a %s archive", async (_name, encode) => {
    await using world = new ImageWorld();
    const id = await world.images.import(inPieces(encode(await makeTar(ROOT))), {
      target: "app",
      changes: ['CMD ["/bin/tool"]', "ENV A=1"],
      message: "",
    });

    expect(await world.images.get("app")).toMatchObject({
      id,
      tags: ["app:latest"],
      comment: "Imported from -",
      os: "linux",
      sizeBytes: 4,
      config: { command: ["/bin/tool"], env: ["A=1"] },
      layers: [expect.stringMatching(/^sha256:/)],
    });
    expect(world.images.find("app")).toMatchObject({ id, maxId: 70_000 });
    expect(world.events).toEqual([
      ["import", id, "app:latest"],
      ["tag", id, "app:latest"],
    ]);
  });

  test("of the same archive twice keeps one layer and one blob", async () => {
    await using world = new ImageWorld();
    await world.import(ROOT, "one");
    const { layers, blobs } = world.inventory();
    await world.import(ROOT, "two");

    expect(world.inventory()).toMatchObject({ layers, blobs, unfinished: [] });
    expect(world.inventory().images).toHaveLength(2);
  });

  test.each([
    ["a bad name", { target: "App" }, /must be lowercase/],
    ["a digest for a name", { target: `a@sha256:${"0".repeat(64)}` }, /cannot import digest/],
    ["a bad change", { changes: ["RUN x"] }, /run is not a valid change command/],
    ["a bad platform", { platform: "a/b/c/d" }, /invalid OS\/architecture/],
    ["another system", { platform: "windows/amd64" }, /only linux runs here/],
  ])("with %s reads nothing", async (_what, part, message) => {
    await using world = new ImageWorld();
    const archive = {
      [Symbol.asyncIterator]: () => {
        throw new Error("it was read");
      },
    };
    const options = { target: "", changes: [], message: "", ...part };

    await expect(world.images.import(archive, options)).rejects.toThrow(message);
  });
});

describe("names", () => {
  test("an image is found by each of its names, and by its id and its beginning", async () => {
    await using world = new ImageWorld();
    const id = await world.import(ROOT, "user/app:1");
    await world.images.tag("user/app:1", "other");
    const hex = id.slice("sha256:".length);

    for (const ref of [
      "user/app:1",
      "docker.io/user/app:1",
      "other",
      id,
      hex,
      hex.slice(0, 3),
      id.slice(0, 12),
    ]) {
      expect((await world.images.get(ref)).id).toBe(id);
    }
    expect(world.events.at(-1)).toEqual(["tag", id, "other:latest"]);
  });

  test.each([
    ["x", "not-found", "No such image: x:latest"],
    ["user/x:1", "not-found", "No such image: user/x:1"],
    ["0".repeat(64), "not-found", `No such image: sha256:${"0".repeat(64)}`],
    ["X", "invalid", "invalid reference format: repository name (library/X) must be lowercase"],
    ["a b", "invalid", "invalid reference format"],
  ])("%p fails with Docker's text", async (ref, kind, message) => {
    await using world = new ImageWorld();
    const error = { kind, message };

    await expect(world.images.get(ref)).rejects.toMatchObject(error);
    await expect(world.images.history(ref)).rejects.toMatchObject(error);
    await expect(world.images.tag(ref, "y")).rejects.toMatchObject(error);
    await expect(world.images.save([ref])).rejects.toMatchObject(error);
    await expect(world.images.remove(ref, { force: true })).rejects.toMatchObject(error);
  });

  test.each([
    ["A", /must be lowercase/],
    [`a@sha256:${"0".repeat(64)}`, /refusing to create a tag with a digest/],
    ["sha256:abc", /refusing to create an ambiguous tag/],
  ])("tag() refuses %p", async (target, message) => {
    await using world = new ImageWorld();
    await world.import(ROOT, "app");

    await expect(world.images.tag("app", target)).rejects.toThrow(message);
  });
});

describe("history", () => {
  test("shows the newest step as the image", async () => {
    await using world = new ImageWorld();
    const id = await world.import(ROOT, "app");

    expect(await world.images.history("app")).toEqual([
      expect.objectContaining({
        id,
        tags: ["app:latest"],
        sizeBytes: 4,
        comment: "Imported from -",
      }),
    ]);
  });
});

describe("list", () => {
  async function world() {
    const made = new ImageWorld();
    await made.import(ROOT, "user/old:1", ["LABEL a=1"]);
    await made.import(ROOT, "user/mid:1", ["LABEL a=2 b=1"]);
    await made.images.tag("user/mid:1", "mid");
    await made.import(ROOT);
    return made;
  }
  const namesOf = async (images: ImageWorld["images"], filters: Record<string, string[]>) =>
    (await images.list({ filters })).map(({ tags }) => tags.join());

  test.each<[Record<string, string[]>, string[]]>([
    [{}, ["", "mid:latest,user/mid:1", "user/old:1"]],
    [{ dangling: ["true"] }, [""]],
    [{ dangling: ["0"] }, ["mid:latest,user/mid:1", "user/old:1"]],
    [{ label: ["a"] }, ["mid:latest,user/mid:1", "user/old:1"]],
    [{ label: ["a=1"] }, ["user/old:1"]],
    [{ label: ["a", "b=1"] }, ["mid:latest,user/mid:1"]],
    [{ label: ["toString"] }, []],
    [{ reference: ["mid"] }, ["mid:latest"]],
    [{ reference: ["*/*"] }, ["user/mid:1", "user/old:1"]],
    [{ reference: ["*/old", "mid:la*"] }, ["mid:latest", "user/old:1"]],
    [{ before: ["mid"] }, ["user/old:1"]],
    [{ since: ["user/old:1"] }, ["", "mid:latest,user/mid:1"]],
    [{ since: ["user/old:1"], label: ["b"] }, ["mid:latest,user/mid:1"]],
    [{ until: ["1h"] }, []],
    [{ until: ["2999-01-01T00:00:00Z"], dangling: ["true"] }, [""]],
  ])("%j gives %j", async (filters, names) => {
    await using made = await world();

    expect(await namesOf(made.images, filters)).toEqual(names);
  });

  test.each([
    [{ nope: ["x"] }, "invalid filter 'nope'"],
    [{ toString: ["x"] }, "invalid filter 'toString'"],
    [{ dangling: ["maybe"] }, "invalid filter 'dangling=[maybe]'"],
    [{ dangling: ["true", "false"] }, "invalid filter 'dangling=[true false]'"],
    [{ until: ["soon"] }, 'failed to parse value as time or duration: "soon"'],
    [{ before: ["x"] }, "No such image: x:latest"],
    [{ reference: ["["] }, /syntax error in pattern/],
  ])("%j is refused", async (filters, message) => {
    await using made = await world();

    await expect(
      made.images.list({ filters: filters as Record<string, string[]> }),
    ).rejects.toThrow(message as string);
  });

  test("counts the containers of an image", async () => {
    await using made = await world();
    made.addContainer("c", (await made.images.get("mid")).id);

    expect((await made.images.list({ filters: {} })).map(({ containers }) => containers)).toEqual([
      0, 1, 0,
    ]);
  });
});
