import { describe, expect, test } from "bun:test";
import { ImageWorld } from "../../../test/support/image-world.ts";
import { tarFile } from "../../../test/support/tar.ts";
import { parseDigest } from "../../oci/digest.ts";
import { parseReference } from "../../oci/reference.ts";

const ROOT = [tarFile({ name: "f" }, "content")];
const EMPTY = {
  images: [],
  references: 0,
  layers: ["0"],
  blobs: [],
  containers: [],
  unfinished: [],
};

function shortId(id: string): string {
  return id.slice("sha256:".length, "sha256:".length + 12);
}

test("removing an image's only name removes all of it", async () => {
  await using world = new ImageWorld();
  const id = await world.import(ROOT, "app:1");
  const { layers } = await world.images.get("app:1");

  expect(await world.images.remove("app:1", { force: false })).toEqual([
    { untagged: "app:1" },
    { deleted: id },
    { deleted: layers[0] ?? "" },
  ]);
  expect(world.inventory()).toEqual(EMPTY);
  expect(world.events.slice(-2)).toEqual([
    ["untag", id, "app:1"],
    ["delete", id, id],
  ]);
});

test("removing one of several names leaves the rest", async () => {
  await using world = new ImageWorld();
  await world.import(ROOT, "one");
  await world.images.tag("one", "two");

  expect(await world.images.remove("one", { force: false })).toEqual([{ untagged: "one:latest" }]);
  expect((await world.images.get("two")).tags).toEqual(["two:latest"]);
});

test("an id removes a nameless image, or one with a single name", async () => {
  await using world = new ImageWorld();
  const nameless = await world.import(ROOT);
  await world.images.remove(shortId(nameless), { force: false });
  const named = await world.import(ROOT, "app");
  await world.images.remove(named, { force: false });

  expect(world.inventory()).toEqual(EMPTY);
});

test("an id with several names needs force", async () => {
  await using world = new ImageWorld();
  const id = await world.import(ROOT, "one");
  await world.images.tag("one", "user/two:2");

  await expect(world.images.remove(id, { force: false })).rejects.toMatchObject({
    kind: "conflict",
    message: `conflict: unable to delete ${shortId(id)} (must be forced) - image is referenced in multiple repositories`,
  });
  expect(await world.images.remove(id, { force: true })).toContainEqual({ untagged: "user/two:2" });
  expect(world.inventory()).toEqual(EMPTY);
});

test("a layer that two images share goes with the last of them", async () => {
  await using world = new ImageWorld();
  await world.import(ROOT, "one");
  await world.import(ROOT, "two");
  const { layers, blobs } = world.inventory();
  await world.images.remove("one", { force: false });

  expect(world.inventory()).toMatchObject({ layers, blobs });
  await world.images.remove("two", { force: false });
  expect(world.inventory()).toEqual(EMPTY);
});

test("the digests of a repository go with its last tag", async () => {
  await using world = new ImageWorld();
  const id = await world.import(ROOT, "app:1");
  const digest = `app@sha256:${"ab".repeat(32)}`;
  world.store.references.set(parseReference(digest), parseDigest(id));

  expect((await world.images.get(digest)).digests).toEqual([digest]);
  expect(await world.images.remove("app:1", { force: false })).toMatchObject([
    { untagged: "app:1" },
    { untagged: digest },
    { deleted: id },
    {},
  ]);
});

describe("an image that a container uses", () => {
  test.each(["created", "exited", "running"])("is not removed while it is %s", async (status) => {
    await using world = new ImageWorld();
    const id = await world.import(ROOT, "app");
    world.addContainer("c0ffee", id, status);
    const before = world.inventory();

    await expect(world.images.remove("app", { force: false })).rejects.toMatchObject({
      kind: "conflict",
      message:
        'conflict: unable to remove repository reference "app" (must force) - container ' +
        `c0ffee000000 is using its referenced image ${shortId(id)}`,
    });
    const [how, kind] = status === "running" ? ["cannot", "running"] : ["must", "stopped"];
    await expect(world.images.remove(id, { force: false })).rejects.toMatchObject({
      kind: "conflict",
      message: `conflict: unable to delete ${shortId(id)} (${how} be forced) - image is being used by ${kind} container c0ffee000000`,
    });
    expect(world.inventory()).toEqual(before);
  });

  test("loses a further name without force", async () => {
    await using world = new ImageWorld();
    const id = await world.import(ROOT, "one");
    await world.images.tag("one", "two");
    world.addContainer("c", id, "running");

    expect(await world.images.remove("two", { force: false })).toEqual([
      { untagged: "two:latest" },
    ]);
  });

  test("only loses its name by force while it runs", async () => {
    await using world = new ImageWorld();
    const id = await world.import(ROOT, "app");
    world.addContainer("c", id, "running");

    await expect(world.images.remove(id, { force: true })).rejects.toThrow(/cannot be forced/);
    expect(await world.images.remove("app", { force: true })).toEqual([{ untagged: "app:latest" }]);
    expect((await world.images.get(id)).tags).toEqual([]);
  });

  test("goes by force when it is stopped, and the container keeps its layers", async () => {
    await using world = new ImageWorld();
    const id = await world.import(ROOT, "app");
    world.addContainer("c", id, "exited");
    const container = "c".padEnd(64, "0");
    await world.store.snapshots.create(container, { imageId: id, owner: 0 });
    const { layers } = world.inventory();

    expect(await world.images.remove("app", { force: true })).toEqual([
      { untagged: "app:latest" },
      { deleted: id },
    ]);
    expect(world.inventory()).toMatchObject({ images: [], layers });
    await world.store.snapshots.remove(container);
    await world.store.trash.settled();
    expect(world.inventory()).toEqual(EMPTY);
  });
});

describe("prune", () => {
  async function makeWorld() {
    const world = new ImageWorld();
    await world.import([tarFile({ name: "a" }, "aaaa")], "named", ["LABEL keep=1"]);
    await world.import([tarFile({ name: "b" }, "bb")], "", ["LABEL x=1"]);
    const used = await world.import([tarFile({ name: "c" }, "c")]);
    world.addContainer("c", used, "exited");
    return world;
  }

  test.each<[Record<string, string[]>, number]>([
    [{}, 2],
    [{ dangling: ["false"] }, 6],
    [{ dangling: ["0"], "label!": ["keep"] }, 2],
    [{ dangling: ["0"], label: ["keep"] }, 4],
    [{ label: ["y"] }, 0],
    [{ until: ["1h"] }, 0],
  ])("%j frees %d bytes, and never what a container uses", async (filters, bytes) => {
    await using world = await makeWorld();
    const { reclaimedBytes, removed } = await world.images.prune(filters);

    expect(reclaimedBytes).toBe(bytes);
    expect(removed.length > 0).toBe(bytes > 0);
    expect(
      (await world.images.list({ filters: {} })).some(({ containers }) => containers === 1),
    ).toBe(true);
  });

  test.each([
    [{ nope: ["x"] }, "invalid filter 'nope'"],
    [{ reference: ["x"] }, "invalid filter 'reference'"],
    [{ dangling: ["x"] }, "invalid filter 'dangling=[x]'"],
  ])("%j is refused", async (filters, message) => {
    await using world = new ImageWorld();

    await expect(world.images.prune(filters as Record<string, string[]>)).rejects.toThrow(message);
  });
});
