// What a pull refuses, and what it tells while it goes on.

import { afterAll, beforeAll, expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { ApiUser } from "../support/api-user.ts";
import { BadRegistry } from "../support/bad-registry.ts";
import { TestDaemon } from "../support/daemon.ts";
import { CONFIG, LOWER, UPPER } from "../support/image-archives.ts";
import { expectInventory, mustPull, pull } from "../support/image-transfer.ts";
import { descriptor } from "../support/image-world.ts";
import {
  gzipLayer,
  type MadeImage,
  makeArtifact,
  makeImage,
  makeIndex,
  plainLayer,
} from "../support/made-image.ts";

import { serveImages, serveOddly } from "../support/serve-images.ts";
import { makeTar, tarFile } from "../support/tar.ts";
import { testAsRoot as test } from "../support/test-if.ts";

const world = new AsyncDisposableStack();
let daemon: TestDaemon;
let api: ApiUser;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = world.use(await TestDaemon.start());
  api = new ApiUser(daemon);
});
afterAll(() => world.disposeAsync());

const LAYERS = [gzipLayer(LOWER), gzipLayer(UPPER)];
const EMPTY = "application/vnd.oci.empty.v1+json";

function withConfig(mediaType: string, manifest: object = {}): MadeImage {
  const config = Buffer.from("{}");
  return makeArtifact(config, LAYERS, { config: descriptor(config, { mediaType }), ...manifest });
}

const SCHEMA_1 = Buffer.from(
  JSON.stringify({ schemaVersion: 1, name: "app", tag: "1", fsLayers: [], history: [] }),
);

const REFUSED: Readonly<Record<string, readonly [image: MadeImage, error: string]>> = {
  chart: [
    withConfig("application/vnd.cncf.helm.config.v1+json"),
    "unsupported media type application/vnd.cncf.helm.config.v1+json: NAME is no image",
  ],
  signature: [
    withConfig(EMPTY, { artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json" }),
    "NAME is no image but an artifact of type application/vnd.dev.cosign.artifact.sig.v1+json",
  ],
  "strange layer": [
    makeImage([{ ...gzipLayer(LOWER), mediaType: "text/plain" }]),
    "unsupported media type text/plain of layer sha256:",
  ],
  "first schema": [
    {
      ...makeImage([]),
      manifest: SCHEMA_1,
      mediaType: "application/vnd.docker.distribution.manifest.v1+json",
    },
    "schema",
  ],
  "no JSON": [{ ...makeImage([]), manifest: Buffer.from("<html>") }, "the manifest is not JSON"],
  "a config that is none": [
    makeArtifact(Buffer.from("[1]"), LAYERS),
    "Cannot read the image's configuration",
  ],
  "another count of layers": [
    makeArtifact(CONFIG, [...LAYERS, gzipLayer(UPPER)]),
    "invalid manifest, layers length mismatch: expected 2, got 3",
  ],
  "another system": [
    makeImage(LAYERS, { config: { os: "windows" } }),
    'image operating system "windows" cannot be used on this platform',
  ],
  "an index of nothing": [makeIndex([]), "no matching manifest for linux/amd64"],
  "an index in an index, and so on": [nest(makeImage(LAYERS), 9), "too deep"],
};

function nest(image: MadeImage, levels: number): MadeImage {
  return levels === 0 ? image : nest(makeIndex([[image, {}]]), levels - 1);
}

test("what is no image for here is refused before a layer is asked for", async () => {
  const layers = new RegExp(LAYERS.map(({ bytes }) => descriptor(bytes).digest).join("|"));
  for (const [what, [image, error]] of Object.entries(REFUSED)) {
    const served = { ...image, digest: image.digest };
    await using registry = await BadRegistry.start(serveImages({ "1": served }));
    const name = `${registry.host}/app:1`;
    const pulled = await pull(daemon, name);
    expect([what, pulled.error]).toEqual([
      what,
      expect.stringContaining(error.replace("NAME", name)),
    ]);
    expect(registry.requests.filter(({ path }) => layers.test(path))).toEqual([]);
  }
  await expectInventory(daemon);
});

test("an image for another platform is taken unless one is asked for", async () => {
  const image = makeImage(LAYERS, { config: { architecture: "arm64" } });
  await using registry = await BadRegistry.start(serveImages({ "1": image }));
  const name = `${registry.host}/app:1`;
  const asked = await pull(daemon, name, { query: { platform: "linux/amd64" } });
  expect(asked.error).toBe(
    `image with reference ${name} was found but does not match the specified platform: wanted linux/amd64, actual: linux/arm64`,
  );
  await mustPull(daemon, name);
  await api.json("DELETE", `/images/${name}`);
  await expectInventory(daemon);
});

test("a foreign layer comes from where its descriptor says", async () => {
  const layer = gzipLayer(LOWER);
  await using elsewhere = await BadRegistry.start((request, reply) =>
    request.path === "/there" ? reply.send(200, {}, layer.bytes) : reply.send(404),
  );
  const foreign = {
    ...layer,
    mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    more: { urls: [`${elsewhere.url}/gone`, `${elsewhere.url}/there`] },
  };
  const image = makeImage([foreign, gzipLayer(UPPER)]);
  await using registry = await BadRegistry.start(serveImages({ "1": image }));
  const name = `${registry.host}/app:1`;
  await mustPull(daemon, name);
  expect(elsewhere.requests.map(({ path }) => path)).toEqual(["/gone", "/there"]);
  const asked = registry.requests.filter(({ path }) =>
    path.includes(descriptor(layer.bytes).digest),
  );
  expect(asked).toEqual([]);
  // Nobody but this registry has it, so the archive is not kept to be pushed.
  await api.json("DELETE", `/images/${name}`);
  await expectInventory(daemon);
});

test("errors before the first line are an HTTP status, later ones a line", async () => {
  await using registry = await BadRegistry.start(
    serveOddly({ "1": makeImage(LAYERS) }, ({ path }, reply) => {
      if (path.includes("/denied/")) {
        reply.sendJson(403, { errors: [{ code: "DENIED", message: "go away" }] });
        return true;
      }
      if (!path.includes("/blobs/") || !path.includes("/torn/")) return false;
      reply.sendJson(404, { errors: [{ code: "BLOB_UNKNOWN", message: "blob unknown" }] });
      return true;
    }),
  );
  const { host } = registry;
  expect(await pull(daemon, `${host}/app:nosuch`)).toMatchObject({
    status: 404,
    error: expect.stringContaining(`manifest for ${host}/app:nosuch not found`),
  });
  expect(await pull(daemon, `${host}/denied/app:1`)).toMatchObject({
    status: 404,
    error: expect.stringContaining("pull access denied for"),
  });
  expect(await pull(daemon, `${host}/Upper:1`)).toMatchObject({ status: 400 });
  const torn = await pull(daemon, `${host}/torn/app:1`);
  expect(torn).toMatchObject({ status: 200, error: expect.stringContaining("blob unknown") });
  expect(torn.lines[0]).toEqual({
    status: "Pulling from torn/app",
    id: "1",
    progressDetail: {},
  });
  await expectInventory(daemon);
});

test("what cannot be read as X-Registry-Auth counts for nothing", async () => {
  await using registry = await BadRegistry.start(serveImages({ "1": makeImage(LAYERS) }));
  for (const auth of ["%%%", btoa("{"), btoa("null"), btoa("[]"), btoa('{"username":3}')]) {
    await mustPull(daemon, `${registry.host}/app:1`, { auth });
  }
  const sent = registry.requests.flatMap((request) => request.header("authorization") ?? []);
  expect(sent).toEqual([]);
  await api.json("DELETE", `/images/${registry.host}/app:1`);
});

test("each layer is told of from its beginning to its end, as Docker's client reads it", async () => {
  const large = await makeTar([tarFile({ name: "large" }, randomText(3_000_000))]);
  const image = makeImage([gzipLayer(LOWER), plainLayer(large)]);
  const id = descriptor(large).digest.slice(7, 19);
  const counted = Promise.withResolvers<void>();
  await using registry = await BadRegistry.start(
    serveOddly({ "1": image }, async ({ path }, reply) => {
      if (!path.endsWith(descriptor(large).digest)) return false;
      reply.head(200, { "content-length": large.length });
      await reply.write(large.subarray(0, 1_000_000));
      await counted.promise;
      await reply.write(large.subarray(1_000_000));
      return true;
    }),
  );
  const { lines } = await pull(daemon, `${registry.host}/app:1`, {
    onLine: (line) => {
      if (line.id === id && line.status === "Downloading") counted.resolve();
    },
  });
  const told = lines.filter((line) => line.id === id);
  const statuses = told.map(({ status }) => status).filter((one, i, all) => one !== all[i - 1]);
  expect(statuses[0]).toBe("Pulling fs layer");
  expect(statuses).toContain("Downloading");
  expect(statuses.slice(-3).filter((one) => one !== "Extracting")).toEqual(
    expect.arrayContaining(["Download complete", "Pull complete"]),
  );
  for (const { status, progressDetail, progress } of told) {
    if (status !== "Downloading" && status !== "Extracting") continue;
    expect(progressDetail?.total).toBe(large.length);
    expect(progress).toMatch(/^\[=*> *\] +[\d.]+k?M?B\/[\d.]+MB$/);
  }
  const again = await pull(daemon, `${registry.host}/app:1`);
  expect(again.lines.map(({ status }) => status)).toEqual([
    "Pulling from app",
    `Digest: ${image.digest}`,
    `Status: Image is up to date for ${registry.host}/app:1`,
  ]);
  await api.json("DELETE", `/images/${registry.host}/app:1`);
  await expectInventory(daemon);
});

function randomText(length: number): string {
  return randomBytes(length / 2).toString("hex");
}

test("a pull and a tag are events as Docker has them", async () => {
  const image = makeImage(LAYERS);
  await using registry = await BadRegistry.start(serveImages({ "1": image }));
  const name = `${registry.host}/app:1`;
  const since = (Date.now() / 1000).toFixed(3);
  await mustPull(daemon, name);
  await mustPull(daemon, name);
  await api.json("POST", `/images/${name}/tag?repo=other&tag=2`);
  const until = (Date.now() / 1000 + 0.001).toFixed(3);
  const { text } = await api.ask("GET", `/events?since=${since}&until=${until}`);
  const events = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(
    events.map(({ Type, Action, Actor }) => [Type, Action, Actor.ID, Actor.Attributes.name]),
  ).toEqual([
    ["image", "pull", name, `${registry.host}/app`],
    ["image", "pull", name, `${registry.host}/app`],
    ["image", "tag", image.id, "other:2"],
  ]);
  await api.json("DELETE", `/images/${image.id}?force=1`);
});
