import type { TarFile } from "../../src/base/tar/tar-writer.ts";
import { digestOf } from "../../src/oci/digest.ts";
import { binaryFile, descriptor, imageConfig, ociFiles } from "./image-world.ts";
import { makeTar, tarDirectory, tarFile } from "./tar.ts";

/** Two layers: the upper removes a file of the lower. */
export const LOWER = await makeTar([tarFile({ name: "low" }, "low"), tarDirectory("d")]);
export const UPPER = await makeTar([tarFile({ name: "up" }, "up"), tarFile({ name: ".wh.low" })]);
export const CONFIG = imageConfig([LOWER, UPPER]);
export const ID = digestOf(CONFIG);
/** What is there when no image is. */
export const NOTHING = { images: [], references: 0, layers: ["0"], blobs: [], unfinished: [] };

/** As Docker 24 and before saved images: a directory for each layer. */
export function dockerArchive(list: unknown, layers: readonly TarFile[], config = CONFIG) {
  return makeTar([
    ...layers,
    binaryFile("config.json", config),
    tarFile({ name: "manifest.json" }, typeof list === "string" ? list : JSON.stringify(list)),
  ]);
}

/** Docker's list has this of the image. */
export const ENTRY = {
  Config: "config.json",
  RepoTags: ["app:1"],
  Layers: ["a/layer.tar", "b/layer.tar"],
};
export const LAYERS = [binaryFile("a/layer.tar", LOWER), binaryFile("b/layer.tar", UPPER)];

/** A layout of OCI with one image. */
export function ociArchive(
  index: (manifest: ReturnType<typeof descriptor>) => object,
  layers: readonly Uint8Array[] = [LOWER, UPPER],
  more: readonly Uint8Array[] = [],
) {
  const body = {
    schemaVersion: 2,
    config: descriptor(CONFIG),
    layers: layers.map((l) => descriptor(l)),
  };
  const manifest = Buffer.from(JSON.stringify(body));
  return makeTar(ociFiles(index(descriptor(manifest)), [manifest, CONFIG, ...layers, ...more]));
}

/** A layout of OCI whose index holds an index. */
export function makeNested(
  manifests: (manifest: ReturnType<typeof descriptor>) => readonly object[],
  ...more: readonly Uint8Array[]
) {
  const body = {
    schemaVersion: 2,
    config: descriptor(CONFIG),
    layers: [descriptor(LOWER), descriptor(UPPER)],
  };
  const manifest = Buffer.from(JSON.stringify(body));
  const index = Buffer.from(
    JSON.stringify({ schemaVersion: 2, manifests: manifests(descriptor(manifest)) }),
  );
  const annotations = { "io.containerd.image.name": "docker.io/library/app:nested" };
  const blobs = [index, manifest, CONFIG, LOWER, UPPER, ...more];
  return makeTar(ociFiles({ manifests: [descriptor(index, { annotations })] }, blobs));
}
