import { expect, test } from "bun:test";
import { digestOf } from "./digest.ts";
import type { Manifest } from "./manifest.ts";
import { checkImageTypes, isForeign } from "./media-types.ts";

function manifestOf(config: string, layers: readonly string[], artifactType = ""): Manifest {
  const describe = (mediaType: string) => ({
    mediaType,
    digest: digestOf("x"),
    sizeBytes: 1,
    annotations: {},
  });
  return { kind: "manifest", config: describe(config), layers: layers.map(describe), artifactType };
}

const CONFIG = "application/vnd.oci.image.config.v1+json";

test.each([
  [
    CONFIG,
    ["application/vnd.oci.image.layer.v1.tar", "application/vnd.oci.image.layer.v1.tar+zstd"],
  ],
  [
    "application/vnd.docker.container.image.v1+json",
    ["application/vnd.docker.image.rootfs.diff.tar.gzip"],
  ],
  ["application/octet-stream", []],
  ["", ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"]],
])("a configuration of type %j with layers %j is an image", (config, layers) => {
  expect(checkImageTypes(manifestOf(config, layers), "app:1")).toBeUndefined();
});

test.each([
  [
    "application/vnd.cncf.helm.config.v1+json",
    [],
    "",
    "artifact of type application/vnd.cncf.helm.config.v1+json",
  ],
  ["application/vnd.oci.empty.v1+json", [], "a/b", "app:1 is no image but an artifact of type a/b"],
  ["application/vnd.oci.empty.v1+json", [], "", "artifact of type none"],
  [
    CONFIG,
    ["text/plain"],
    "",
    `unsupported media type text/plain of layer ${digestOf("x")} of app:1`,
  ],
])("%s with layers %j and artifact type %j is refused", (...row) => {
  const [config, layers, artifactType, message] = row;
  expect(() => checkImageTypes(manifestOf(config, layers, artifactType), "app:1")).toThrow(message);
});

test.each([
  ["application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true],
  ["application/vnd.oci.image.layer.nondistributable.v1.tar", true],
  ["application/vnd.oci.image.layer.v1.tar+gzip", false],
])("a layer of type %s is foreign: %p", (mediaType, expected) => {
  expect(isForeign({ mediaType })).toBe(expected);
});
