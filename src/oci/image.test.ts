import { describe, expect, test } from "bun:test";
import { chainIds, Digester, digestOf, parseDigest } from "./digest.ts";
import {
  EMPTY_RUNTIME_CONFIG,
  encodeImageConfig,
  type ImageConfig,
  parseImageConfig,
} from "./image.ts";
import { parseManifest } from "./manifest.ts";
import { fitsPlatform, formatPlatform, hostPlatform, parsePlatform } from "./platform.ts";

const A = digestOf("a");
const B = digestOf("b");

const FULL: ImageConfig = {
  os: "linux",
  architecture: "arm64",
  variant: "v8",
  created: "2026-01-02T03:04:05Z",
  author: "me",
  comment: "why",
  config: {
    user: "1:2",
    exposedPorts: ["53/udp", "80/tcp"],
    env: ["A=1", "B="],
    entrypoint: ["/init"],
    command: [],
    volumes: ["/data"],
    workingDir: "/w",
    labels: { __proto__x: "1", a: "" },
    stopSignal: "SIGINT",
    shell: ["/bin/bash", "-c"],
    onBuild: ["RUN x"],
    healthcheck: { Test: ["NONE"] },
  },
  diffIds: [A, B],
  history: [
    { created: "t", createdBy: "RUN", author: "", comment: "", isEmptyLayer: false },
    { created: "t", createdBy: "ENV", author: "x", comment: "y", isEmptyLayer: true },
  ],
};

describe("an image's configuration", () => {
  test.each([
    ["full", FULL],
    [
      "empty",
      {
        ...FULL,
        variant: "",
        author: "",
        comment: "",
        config: EMPTY_RUNTIME_CONFIG,
        diffIds: [],
        history: [],
      },
    ],
  ])("comes back as it was written: %s", (_name, image) => {
    expect(parseImageConfig(encodeImageConfig(image))).toEqual(image);
  });

  test("has defaults for what is absent or null", () => {
    const text = '{"rootfs":{"type":"layers"},"config":{"Cmd":null,"Env":null,"Volumes":null}}';

    expect(parseImageConfig(text)).toMatchObject({ config: EMPTY_RUNTIME_CONFIG, diffIds: [] });
  });

  test("may have one text for a command, as old ones do", () => {
    const text = '{"rootfs":{"type":"layers"},"config":{"Cmd":"true"}}';

    expect(parseImageConfig(text).config.command).toEqual(["true"]);
  });

  test.each([
    ["no JSON", "{", /it is not JSON/],
    ["no object", "[]", /want an object, have \[\]/],
    ["no layers", "{}", /it lists no layers/],
    ["a layer that is no digest", '{"rootfs":{"diff_ids":["x"]}}', /Cannot parse digest "x"/],
    ["layers that are no list", '{"rootfs":{"diff_ids":{}}}', /Cannot read diff_ids: want a list/],
    [
      "an environment of numbers",
      '{"rootfs":{"type":"layers"},"config":{"Env":[1]}}',
      /Cannot read Env/,
    ],
    [
      "a user that is a number",
      '{"rootfs":{"type":"layers"},"config":{"User":1}}',
      /Cannot read User: want a text, have 1/,
    ],
    [
      "labels that are no texts",
      '{"rootfs":{"type":"layers"},"config":{"Labels":{"a":1}}}',
      /Cannot read a/,
    ],
    ["a history of texts", '{"rootfs":{"type":"layers"},"history":["x"]}', /the image's history/],
  ])("is refused with %s", (_what, text, message) => {
    expect(() => parseImageConfig(text)).toThrow(
      expect.objectContaining({ kind: "invalid", message: expect.stringMatching(message) }),
    );
  });
});

describe("a manifest", () => {
  const descriptor = { mediaType: "x", digest: A, size: 3 };

  test.each([
    ["OCI's", "application/vnd.oci.image.manifest.v1+json"],
    ["Docker's", "application/vnd.docker.distribution.manifest.v2+json"],
    ["one that does not say its type", undefined],
  ])("is read: %s", (_name, mediaType) => {
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: descriptor,
      layers: [descriptor],
    });
    const read = { mediaType: "x", digest: A, sizeBytes: 3, annotations: {} };

    expect(parseManifest(text, "it")).toEqual({
      kind: "manifest",
      config: read,
      layers: [read],
      artifactType: "",
    });
  });

  test("can be a list of others, with their platforms", () => {
    const platform = { os: "linux", architecture: "arm", variant: "v7" };
    const manifests = [{ ...descriptor, platform, annotations: { a: "b" } }];

    expect(parseManifest(JSON.stringify({ schemaVersion: 2, manifests }), "it")).toEqual({
      kind: "index",
      manifests: [{ mediaType: "x", digest: A, sizeBytes: 3, annotations: { a: "b" }, platform }],
    });
  });

  test.each([
    ["of version 1", { schemaVersion: 1 }, /not of schema version 2/],
    ["of another type", { schemaVersion: 2, mediaType: "text/plain" }, /of type text\/plain/],
    ["without a configuration", { schemaVersion: 2, layers: [] }, /Cannot parse digest ""/],
    ["without a size", { schemaVersion: 2, config: { digest: A } }, /has no size/],
    [
      "with a negative size",
      { schemaVersion: 2, config: { digest: A, size: -1 } },
      /want a size, have -1/,
    ],
    [
      "with a path for a digest",
      { schemaVersion: 2, config: { digest: "sha256:../../x", size: 1 } },
      /Cannot parse digest/,
    ],
  ])("is refused %s", (_what, manifest, message) => {
    expect(() => parseManifest(JSON.stringify(manifest), "it")).toThrow(message);
  });
});

test("chainIds() names each layer together with those below", () => {
  expect(chainIds([])).toEqual([]);
  expect(chainIds([A, B])).toEqual([A, digestOf(`${A} ${B}`)]);
});

test("a digest of pieces is the digest of the whole", () => {
  expect(new Digester().update("a").update("b").digest()).toBe(digestOf("ab"));
  expect(digestOf("")).toBe(
    parseDigest("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
  );
});

test.each([
  ["linux/amd64", { os: "linux", architecture: "amd64", variant: "" }],
  ["linux/arm/v7", { os: "linux", architecture: "arm", variant: "v7" }],
  ["arm64", { os: "linux", architecture: "arm64", variant: "" }],
  ["Linux/x86_64", { os: "linux", architecture: "amd64", variant: "" }],
])("parsePlatform(%p)", (text, platform) => {
  expect(parsePlatform(text)).toEqual(platform);
});

test.each(["", "/", "linux/", "a/b/c/d", "linux/a b"])("parsePlatform(%p) is refused", (text) => {
  expect(() => parsePlatform(text)).toThrow(/invalid OS\/architecture/);
});

test("a platform fits with any variant where one side says none", () => {
  const arm = parsePlatform("linux/arm64");
  const v8 = parsePlatform("linux/arm64/v8");

  expect(fitsPlatform(arm, v8) && fitsPlatform(v8, arm) && fitsPlatform(v8, v8)).toBe(true);
  expect(fitsPlatform(v8, parsePlatform("linux/arm64/v9"))).toBe(false);
  expect(fitsPlatform(arm, parsePlatform("linux/amd64"))).toBe(false);
  expect(formatPlatform(v8)).toBe("linux/arm64/v8");
  expect(fitsPlatform(hostPlatform(), hostPlatform())).toBe(true);
});
