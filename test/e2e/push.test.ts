// Images that go to real registries: imported, loaded and pulled ones.

import { afterAll, beforeAll, beforeEach, expect } from "bun:test";
import { join } from "node:path";
import { digestOf } from "../../src/oci/digest.ts";
import { ApiUser } from "../support/api-user.ts";
import { COMMAND_LINES } from "../support/both-clients.ts";
import { TestDaemon } from "../support/daemon.ts";
import {
  CONFIG,
  dockerArchive,
  ENTRY,
  ID,
  LAYERS,
  LOWER,
  UPPER,
} from "../support/image-archives.ts";
import {
  mustPull,
  mustPush,
  type ProgressLine,
  push,
  takeInventory,
} from "../support/image-transfer.ts";
import { descriptor, ociFiles } from "../support/image-world.ts";
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
import { makeTar, tarFile } from "../support/tar.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const canRun = process.getuid?.() === 0 && hasRegistry;
const test = testIf(canRun, "no docker-registry, or not root");
const world = new AsyncDisposableStack();
let first: TestRegistry;
let second: TestRegistry;
let daemon: TestDaemon;
let api: ApiUser;

beforeAll(async () => {
  if (!canRun) return;
  first = world.use(await TestRegistry.start());
  second = world.use(await TestRegistry.start());
  daemon = world.use(await TestDaemon.start());
  api = new ApiUser(daemon);
});
afterAll(() => world.disposeAsync());
beforeEach(() => (canRun ? removeAll() : undefined));

async function removeAll(): Promise<void> {
  for (const { Id } of await api.json("GET", "/images/json")) {
    await api.json("DELETE", `/images/${Id}?force=1`);
  }
}

/** What a manifest at a registry is, and its digest there. */
async function manifestAt(registry: TestRegistry, reference: string) {
  const [path, tag] = reference.split(":");
  const answer = await fetch(`${registry.url}/v2/${path}/manifests/${tag}`, {
    headers: {
      accept: "application/vnd.oci.image.manifest.v1+json,application/vnd.oci.image.index.v1+json",
    },
  });
  const text = await answer.text();
  return {
    digest: digestOf(Buffer.from(text)),
    document: answer.ok ? JSON.parse(text) : undefined,
  };
}

/** How many blobs' bytes went to a registry so far. */
function uploads(registry: TestRegistry): Promise<number> {
  return registry.countRequests("PUT", /\/blobs\/uploads\//);
}

async function load(archive: Uint8Array): Promise<void> {
  const { text } = await api.ask("POST", "/images/load", archive);
  expect(text).toContain("Loaded image");
}

function statusesOf(lines: readonly ProgressLine[]): readonly string[] {
  return lines.flatMap(({ status, id }) => (id === undefined ? [] : (status ?? [])));
}

test("an imported image arrives, and comes back as the same image and tree", async () => {
  const tar = await makeTar([tarFile({ name: "file", uid: 5, mode: 0o4711 }, "content")]);
  const query = new URLSearchParams({ fromSrc: "-", repo: `${first.host}/imported`, tag: "1" });
  await api.ask("POST", `/images/create?${query}`, tar);
  const name = `${first.host}/imported:1`;
  const before = await api.json("GET", `/images/${name}/json`);
  const lines = await mustPush(daemon, name);
  const { digest, document } = await manifestAt(first, "imported:1");
  const size = Buffer.byteLength(JSON.stringify(document));
  expect(lines[0]?.status).toBe(`The push refers to repository [${first.host}/imported]`);
  expect(lines.at(-2)?.status).toBe(`1: digest: ${digest} size: ${size}`);
  expect(lines.at(-1)?.aux).toEqual({ Tag: "1", Digest: digest, Size: size });
  expect(document.layers[0].mediaType).toEndWith("tar+gzip");
  const tree = layerTree(1);
  await removeAll();
  await mustPull(daemon, name);
  const after = await api.json("GET", `/images/${name}/json`);
  expect([after.Id, after.RepoDigests]).toEqual([before.Id, [`${first.host}/imported@${digest}`]]);
  expect(layerTree(2)).toBe(tree);
});

/** But for the root, of which the archive says nothing. */
function layerTree(key: number): string {
  const text = describeTree(join(daemon.dataRoot, "layers", String(key), "diff"));
  return text.replace(/^ d .*$/m, "");
}

for (const [form, make] of Object.entries({
  plain: plainLayer,
  gzip: gzipLayer,
  zstd: zstdLayer,
})) {
  test(`a loaded image of ${form} layers goes with the archives that it came with`, async () => {
    const image = makeImage([make(LOWER), make(UPPER)]);
    const annotations = { "io.containerd.image.name": `${first.host}/loaded-${form}:1` };
    const index = {
      manifests: [descriptor(image.manifest, { mediaType: image.mediaType, annotations })],
    };
    await load(await makeTar(ociFiles(index, [image.manifest, ...image.blobs])));
    await mustPush(daemon, `${first.host}/loaded-${form}:1`);
    expect((await manifestAt(first, `loaded-${form}:1`)).digest).toBe(image.digest);
    const before = await uploads(first);
    const lines = await mustPush(daemon, `${first.host}/loaded-${form}:1`);
    expect(await uploads(first)).toBe(before);
    expect(statusesOf(lines).filter((status) => status === "Layer already exists").length).toBe(2);
  });
}

test("an image of a docker-archive is compressed once, and its digest is then known", async () => {
  await load(await dockerArchive([{ ...ENTRY, RepoTags: [`${first.host}/archive:1`] }], LAYERS));
  await mustPush(daemon, `${first.host}/archive:1`);
  const { digest, document } = await manifestAt(first, "archive:1");
  expect(document.config.digest).toBe(ID);
  const seen = await api.json("GET", `/images/${first.host}/archive:1/json`);
  expect(seen.RepoDigests).toEqual([`${first.host}/archive@${digest}`]);
  const raw = await first.inspect("archive:1", "--config", "--raw");
  expect(raw.stdout.trim()).toBe(CONFIG.toString());
  using directory = new TemporaryDirectory();
  const copy = join(directory.path, "copy");
  const source = `docker://${first.host}/archive:1`;
  await mustRun([
    "skopeo",
    "copy",
    "--insecure-policy",
    "--src-tls-verify=false",
    source,
    `oci:${copy}:1`,
  ]);
  await api.json("POST", `/images/${first.host}/archive:1/tag?repo=${second.host}/archive&tag=1`);
  await mustPush(daemon, `${second.host}/archive:1`);
  expect((await manifestAt(second, "archive:1")).digest).toBe(digest);
});

/** Pulls an image of the first registry and names it for a push. */
async function pullAndTag(from: string, image: ReturnType<typeof makeImage>, to: string) {
  await putImage(first, from, image);
  await mustPull(daemon, `${first.host}/${from}`);
  const [repo, tag] = to.split(/:(?=[^:]*$)/);
  await api.json("POST", `/images/${first.host}/${from}/tag?repo=${repo}&tag=${tag}`);
}

test("what another repository of the registry has is mounted, and no layer goes up", async () => {
  const image = makeImage([zstdLayer(await makeTar([tarFile({ name: "mounted" })]))]);
  await pullAndTag("origin/a:1", image, `${first.host}/mounted:1`);
  const before = await first.countRequests("PATCH", /./);
  const lines = await mustPush(daemon, `${first.host}/mounted:1`);
  expect(statusesOf(lines)).toContain("Mounted from origin/a");
  expect(await first.countRequests("PATCH", /./)).toBe(before);
  expect(
    await first.countRequests("POST", /\/mounted\/blobs\/uploads\/\?.*mount=/),
  ).toBeGreaterThan(0);
  expect((await manifestAt(first, "mounted:1")).digest).toBe(image.digest);
});

test("what was pulled goes to another registry byte for byte, from the first", async () => {
  const image = makeImage([zstdLayer(LOWER), gzipLayer(UPPER), plainLayer(LOWER)]);
  await pullAndTag("copied:1", image, `${second.host}/copied:1`);
  expect(takeInventory(daemon).blobs).toEqual([]);
  await mustPush(daemon, `${second.host}/copied:1`);
  expect((await manifestAt(second, "copied:1")).digest).toBe(image.digest);
});

test("without the first registry the layers are compressed anew", async () => {
  await using gone = await TestRegistry.start();
  const image = makeImage([zstdLayer(await makeTar([tarFile({ name: "anew" }, "anew")]))]);
  await putImage(gone, "anew:1", image);
  await mustPull(daemon, `${gone.host}/anew:1`);
  await api.json("POST", `/images/${gone.host}/anew:1/tag?repo=${second.host}/anew&tag=1`);
  await gone.stop();
  await mustPush(daemon, `${second.host}/anew:1`);
  const { digest, document } = await manifestAt(second, "anew:1");
  expect(digest).not.toBe(image.digest);
  expect(document.config.digest).toBe(image.id);
  await removeAll();
  await mustPull(daemon, `${second.host}/anew:1`);
  expect((await api.json("GET", `/images/${second.host}/anew:1/json`)).Id).toBe(image.id);
});

async function makeTwo(name: string) {
  const tar = await makeTar([tarFile({ name }, name)]);
  const amd = makeImage([gzipLayer(tar)]);
  const arm = makeImage([zstdLayer(tar)], { config: { architecture: "arm64" } });
  return {
    amd,
    arm,
    index: makeIndex([
      [amd, "linux/amd64"],
      [arm, "linux/arm64"],
    ]),
  };
}

test("an index goes whole when its images are all here, else one image with a note", async () => {
  const { amd, arm, index } = await makeTwo("index");
  await pullAndTag("index:1", index, `${second.host}/index:part`);
  const lines = await mustPush(daemon, `${second.host}/index:part`);
  expect((await manifestAt(second, "index:part")).digest).toBe(amd.digest);
  expect(lines.findLast(({ aux }) => aux?.["manifestPushedInsteadOfIndex"])?.aux).toEqual({
    manifestPushedInsteadOfIndex: true,
    originalIndex: {
      mediaType: index.mediaType,
      digest: index.digest,
      size: index.manifest.length,
    },
    selectedManifest: { mediaType: amd.mediaType, digest: amd.digest, size: amd.manifest.length },
  });
  await mustPull(daemon, `${first.host}/index:1`, { query: { platform: "linux/arm64" } });
  await api.json("POST", `/images/${first.host}/index:1/tag?repo=${second.host}/index&tag=whole`);
  await mustPush(daemon, `${second.host}/index:whole`);
  expect((await manifestAt(second, "index:whole")).digest).toBe(index.digest);
  await api.json("POST", `/images/${first.host}/index:1/tag?repo=${second.host}/index&tag=arm`);
  const platform = JSON.stringify({ os: "linux", architecture: "arm64" });
  await mustPush(daemon, `${second.host}/index:arm`, { query: { platform } });
  expect((await manifestAt(second, "index:arm")).digest).toBe(arm.digest);
  const other = JSON.stringify({ os: "linux", architecture: "s390x" });
  await api.json("POST", `/images/${arm.id}/tag?repo=${second.host}/index&tag=one`);
  for (const tag of ["arm", "one"]) {
    const missing = await push(daemon, `${second.host}/index:${tag}`, {
      query: { platform: other },
    });
    expect(missing.error).toContain("does not provide the specified platform (linux/s390x)");
  }
  // Having pushed one image does not make the name stand for less.
  await mustPush(daemon, `${second.host}/index:arm`);
  expect((await manifestAt(second, "index:arm")).digest).toBe(index.digest);
});

for (const { name, run, test: testClient } of COMMAND_LINES) {
  testClient(`${name} push -a sends all tags, and an unknown one is told`, async () => {
    const repository = `${second.host}/all-${name}`;
    await load(
      await dockerArchive([{ ...ENTRY, RepoTags: [`${repository}:1`, `${repository}:2`] }], LAYERS),
    );
    const all = await run(daemon, ["push", "-a", repository]);
    expect([all.status, all.stderr]).toEqual([0, ""]);
    for (const tag of ["1", "2"]) {
      expect((await manifestAt(second, `all-${name}:${tag}`)).document.config.digest).toBe(ID);
    }
    const unknown = await run(daemon, ["push", `${repository}:3`]);
    expect([unknown.status, unknown.stderr]).toEqual([
      1,
      expect.stringContaining(`An image does not exist locally with the tag: ${repository}`),
    ]);
  });
}
