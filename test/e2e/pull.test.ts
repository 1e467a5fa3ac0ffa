// Images as registries have them, pulled by a real daemon from a real registry.

import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hexOf } from "../../src/oci/digest.ts";
import { ApiUser } from "../support/api-user.ts";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { LOWER, UPPER } from "../support/image-archives.ts";
import { expectInventory, mustPull, pull } from "../support/image-transfer.ts";
import { describeTree } from "../support/layer-ground.ts";
import {
  gzipLayer,
  makeImage,
  makeIndex,
  plainLayer,
  putImage,
  zstdLayer,
} from "../support/made-image.ts";
import { hasRegistry, TestRegistry } from "../support/registry.ts";
import { mustRun } from "../support/run-program.ts";
import { makeTar, tarDirectory, tarFile, tarLink, tarSymlink } from "../support/tar.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const canRun = process.getuid?.() === 0 && hasRegistry;
const test = testIf(canRun, "no docker-registry, or not root");
const world = new AsyncDisposableStack();
let registry: TestRegistry;
let daemon: TestDaemon;
let api: ApiUser;

beforeAll(async () => {
  if (!canRun) return;
  registry = world.use(await TestRegistry.start());
  daemon = world.use(await TestDaemon.start());
  api = new ApiUser(daemon);
});
afterAll(() => world.disposeAsync());

const IMAGE = makeImage([gzipLayer(LOWER), gzipLayer(UPPER)]);

/** Another image at each call. */
let made = 0;
async function makeOther(architecture = "amd64") {
  made += 1;
  const tar = await makeTar([tarFile({ name: "which" }, `number ${made}`)]);
  return makeImage([gzipLayer(tar)], { config: { architecture } });
}

/** Removes an image and waits until nothing of any is here. */
async function remove(...refs: readonly string[]): Promise<void> {
  for (const ref of refs) await api.json("DELETE", `/images/${ref}?force=1`);
  await expectInventory(daemon);
}

test("a tag, none, and a digest lead to one image, under the names that were asked for", async () => {
  await putImage(registry, "names:1", IMAGE);
  await putImage(registry, "names:latest", IMAGE);
  const name = `${registry.host}/names`;
  expect(await mustPull(daemon, `${name}:1`)).toBe(`Status: Downloaded newer image for ${name}:1`);
  expect(await mustPull(daemon, name)).toBe(`Status: Downloaded newer image for ${name}:latest`);
  expect(await mustPull(daemon, `${name}:1`)).toBe(`Status: Image is up to date for ${name}:1`);
  const seen = await api.json("GET", `/images/${name}:1/json`);
  expect(seen.Id).toBe(IMAGE.id);
  expect(seen.RepoTags).toEqual([`${name}:1`, `${name}:latest`]);
  expect(seen.RepoDigests).toEqual([`${name}@${IMAGE.digest}`]);
  await remove(IMAGE.id);

  const byDigest = `${name}@${IMAGE.digest}`;
  expect(await mustPull(daemon, byDigest)).toBe(`Status: Downloaded newer image for ${byDigest}`);
  const found = await api.json("GET", `/images/${byDigest}/json`);
  expect([found.RepoTags, found.RepoDigests]).toEqual([[], [byDigest]]);
  const { stdout } = await daemon.sampan(["images", "--digests", "--no-trunc"]);
  expect(stdout.split("\n")[1]).toMatch(
    new RegExp(`^${name} +<none> +${IMAGE.digest} +${IMAGE.id} `),
  );
  await remove(IMAGE.id);
});

test("a tag that moves leaves the image that had it without one", async () => {
  const name = `${registry.host}/moved:1`;
  const [first, second] = [await makeOther(), await makeOther()];
  await putImage(registry, "moved:1", first);
  await mustPull(daemon, name);
  await putImage(registry, "moved:1", second);
  expect(await mustPull(daemon, name)).toContain("Downloaded newer image");
  expect((await api.json("GET", `/images/${name}/json`)).Id).toBe(second.id);
  const old = await api.json("GET", `/images/${first.id}/json`);
  expect(old.RepoTags).toEqual([]);
  expect(old.RepoDigests).toEqual([`${registry.host}/moved@${first.digest}`]);
  await remove(first.id, second.id);
});

for (const { name, run, test: testClient } of COMMAND_LINES) {
  testClient(`${name} pull -a brings all tags of a repository`, async () => {
    const repository = `all-${name}`;
    const images = [await makeOther(), await makeOther()];
    for (const [i, image] of images.entries()) {
      await putImage(registry, `${repository}:t${i}`, image);
    }
    const pulled = await run(daemon, ["pull", "-a", `${registry.host}/${repository}`]);
    expect([pulled.status, pulled.stderr]).toEqual([0, ""]);
    expect(pulled.stdout).toEndWith(`${registry.host}/${repository}\n`);
    for (const [i, { id }] of images.entries()) {
      const ref = `${registry.host}/${repository}:t${i}`;
      expect((await api.json("GET", `/images/${ref}/json`)).Id).toBe(id);
    }
    await remove(...images.map(({ id }) => id));
  });
}

/** The directories of all layers, lowest first. */
function listLayers(): readonly string[] {
  const keys = readdirSync(join(daemon.dataRoot, "layers")).map(Number);
  const made = keys.filter((key) => key > 0).sort((a, b) => a - b);
  return made.map((key) => join(daemon.dataRoot, "layers", String(key), "diff"));
}

/**
 * But for the root itself, which no archive names, the times of whiteouts, what only programs like umoci
 * note, and counts of links, which an overlay has of the layer below.
 */
function treeOf(path: string): string {
  const lines = describeTree(path).split("\n");
  const told = lines.filter((line) => !/^ d | c 0 0:0 |user\.rootlesscontainers/.test(line));
  return told.map((line) => line.replace(/ (\d+:\d+) \d+ /, " $1 ")).join("\n");
}

async function mountOverlay(lowers: readonly string[], path: string) {
  mkdirSync(path);
  await mustRun(["mount", "-t", "overlay", "-o", `ro,lowerdir=${lowers.join(":")}`, "none", path]);
  return { path, [Symbol.asyncDispose]: async () => void (await mustRun(["umount", path])) };
}

const FORMS = {
  gzip: () => IMAGE,
  zstd: () => makeImage([zstdLayer(LOWER), zstdLayer(UPPER)]),
  plain: () => makeImage([plainLayer(LOWER), plainLayer(UPPER)]),
  mixed: () => makeImage([zstdLayer(LOWER), plainLayer(UPPER)]),
};

test("gzip, zstd and plain layers come to the same tree", async () => {
  const trees: string[] = [];
  for (const [form, make] of Object.entries(FORMS)) {
    const image = make();
    await putImage(registry, `forms:${form}`, image);
    await mustPull(daemon, `${registry.host}/forms:${form}`);
    const { Size } = await api.json("GET", `/images/${image.id}/json`);
    trees.push([Size, ...listLayers().map(treeOf)].join("\n"));
    await remove(image.id);
  }
  expect(trees.slice(1)).toEqual(Array(3).fill(trees[0]));
});

test("an empty layer, no layer, and one layer several times", async () => {
  const empty = await makeTar([]);
  const images = {
    empty: makeImage([gzipLayer(LOWER), gzipLayer(empty), plainLayer(empty)]),
    none: makeImage([]),
    twice: makeImage([gzipLayer(LOWER), gzipLayer(LOWER), gzipLayer(LOWER)]),
  };
  const layers = { empty: 3, none: 0, twice: 3 };
  for (const [tag, image] of Object.entries(images)) {
    await putImage(registry, `odd:${tag}`, image);
    await mustPull(daemon, `${registry.host}/odd:${tag}`);
    const seen = await api.json("GET", `/images/${image.id}/json`);
    expect(seen.RootFS.Layers.length).toBe(layers[tag as keyof typeof layers]);
    await remove(image.id);
  }
});

test("Docker's second schema, as skopeo writes it", async () => {
  await putImage(registry, "schema2:oci", IMAGE);
  const source = `docker://${registry.host}/schema2:oci`;
  await registry.fill("schema2:docker", source, "--format=v2s2", "--src-tls-verify=false");
  const name = `${registry.host}/schema2:docker`;
  const raw = JSON.parse((await registry.inspect("schema2:docker", "--raw")).stdout);
  expect(raw.mediaType).toBe("application/vnd.docker.distribution.manifest.v2+json");
  await mustPull(daemon, name);
  expect((await api.json("GET", `/images/${name}/json`)).Id).toBe(raw.config.digest);
  await remove(name);
});

test("an index gives the image of this machine, or of the platform that is asked for", async () => {
  const arm = await makeOther("arm64");
  const amd = await makeOther();
  const attestation = await makeOther();
  const index = makeIndex([
    [attestation, { annotations: { "vnd.docker.reference.type": "attestation-manifest" } }],
    [arm, "linux/arm64/v8"],
    [amd, "linux/amd64"],
    [await makeOther(), "unknown/unknown"],
  ]);
  await putImage(registry, "index:1", makeIndex([[index, {}]]));
  const name = `${registry.host}/index:1`;
  await mustPull(daemon, name, { query: { platform: "linux/arm64" } });
  expect((await api.json("GET", `/images/${name}/json`)).Id).toBe(arm.id);
  await mustPull(daemon, name);
  const here = await api.json("GET", `/images/${name}/json`);
  expect([here.Id, here.Architecture]).toEqual([amd.id, "amd64"]);
  const missing = await pull(daemon, name, { query: { platform: "linux/s390x" } });
  expect(missing.lines[0]?.status).toBe("Pulling from index");
  expect(missing.error).toStartWith(
    "no matching manifest for linux/s390x in the manifest list entries: ",
  );
  expect(missing.error).toContain("linux/arm64/v8, linux/amd64");
  const wrong = await pull(daemon, name, { query: { platform: "a/b/c/d" } });
  expect(wrong).toMatchObject({ status: 400, error: expect.stringContaining("a/b/c/d") });
  await remove(arm.id, amd.id);
});

test("what is pulled has the tree that skopeo and umoci make of it", async () => {
  using directory = new TemporaryDirectory();
  const lower = await makeTar([
    tarDirectory("d/", { mode: 0o1777, uid: 3, gid: 4, mtimeNs: 1_600_000_000_000_000_000n }),
    tarFile({ name: "d/suid", mode: 0o4755, uid: 7, mtimeNs: 123_456_789_000_000_000n }, "s"),
    tarFile({ name: "d/gone" }, "gone"),
    tarDirectory("opaque/"),
    tarFile({ name: "opaque/below" }, "below"),
    tarLink("hard", "d/suid"),
    tarSymlink("soft", "/etc/passwd"),
    tarFile({ name: "fifo", kind: "fifo" }),
    tarFile({
      name: "capable",
      xattrs: new Map([
        ["security.capability", Buffer.from(`0100000200040000${"0".repeat(24)}`, "hex")],
      ]),
    }),
  ]);
  const upper = await makeTar([
    tarDirectory("d/", { mode: 0o1770, uid: 3, gid: 5 }),
    tarFile({ name: "d/.wh.gone" }),
    tarDirectory("opaque/", { mtimeNs: 5_000_000_000n }),
    tarFile({ name: "opaque/.wh..wh..opq" }),
    tarFile({ name: "opaque/above" }, "above"),
    tarFile({ name: "hard" }, "no link any more"),
  ]);
  await putImage(registry, "tree:1", makeImage([gzipLayer(lower), gzipLayer(upper)]));
  const layout = join(directory.path, "oci");
  await mustRun([
    ...["skopeo", "copy", "--insecure-policy", "--src-tls-verify=false"],
    ...[`docker://${registry.host}/tree:1`, `oci:${layout}:1`],
  ]);
  const bundle = join(directory.path, "bundle");
  await mustRun(["umoci", "unpack", "--image", `${layout}:1`, bundle]);
  await mustPull(daemon, `${registry.host}/tree:1`);
  await using merged = await mountOverlay(
    listLayers().toReversed(),
    join(directory.path, "merged"),
  );
  expect(treeOf(merged.path)).toBe(treeOf(join(bundle, "rootfs")));
  await remove(`${registry.host}/tree:1`);
});

for (const { name, run, test: testClient } of COMMAND_LINES) {
  testClient(`${name} run pulls what is missing, always or never, as --pull says`, async () => {
    const tar = await Bun.file(await ensureBusyboxArchive()).bytes();
    const image = makeImage([gzipLayer(tar)]);
    const ref = `${registry.host}/run-${name}:1`;
    await putImage(registry, `run-${name}:1`, image);
    const line = (policy: string) => run(daemon, ["run", "--rm", policy, ref, "echo", "ran"]);
    const never = await line("--pull=never");
    expect([never.status, never.stdout]).toEqual([125, ""]);
    expect(never.stderr).toContain(`No such image: ${ref}`);
    const missing = await line("--pull=missing");
    expect([missing.status, missing.stdout]).toEqual([0, "ran\n"]);
    expect(missing.stderr).toContain(`Unable to find image '${ref}' locally\n`);
    expect(missing.stderr).toContain(`Status: Downloaded newer image for ${ref}\n`);
    expect(await line("--pull=missing")).toEqual({ status: 0, stdout: "ran\n", stderr: "" });
    const always = await line("--pull=always");
    expect([always.status, always.stdout]).toEqual([0, "ran\n"]);
    expect(always.stderr).toContain(`Status: Image is up to date for ${ref}\n`);
    await remove(hexOf(image.id));
  });
}
