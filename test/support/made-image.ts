import { gzipSync, zstdCompressSync } from "node:zlib";
import { type Digest, digestOf } from "../../src/oci/digest.ts";
import { MEDIA_TYPE } from "../../src/oci/manifest.ts";
import { descriptor, imageConfig } from "./image-world.ts";

/** A layer as a registry has it, and the archive that is in it. */
export interface MadeLayer {
  readonly tar: Uint8Array;
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** More of its descriptor. */
  readonly more?: object;
}

/** A manifest or an index, and all that it names. */
export interface MadeImage {
  readonly manifest: Buffer;
  readonly mediaType: string;
  readonly digest: Digest;
  /** Of the configuration; of an index, the index itself. */
  readonly id: Digest;
  readonly blobs: readonly Uint8Array[];
  /** Of an index. */
  readonly members: readonly MadeImage[];
}

export function plainLayer(tar: Uint8Array): MadeLayer {
  return { tar, bytes: tar, mediaType: MEDIA_TYPE.layer.none };
}

export function gzipLayer(tar: Uint8Array): MadeLayer {
  return { tar, bytes: gzipSync(tar), mediaType: MEDIA_TYPE.layer.gzip };
}

export function zstdLayer(tar: Uint8Array): MadeLayer {
  return { tar, bytes: zstdCompressSync(tar), mediaType: MEDIA_TYPE.layer.zstd };
}

/** An image of these layers, lowest first. */
export function makeImage(
  layers: readonly MadeLayer[],
  { config = {}, manifest = {} }: { readonly config?: object; readonly manifest?: object } = {},
): MadeImage {
  const configBytes = imageConfig(
    layers.map(({ tar }) => tar),
    config,
  );
  return makeArtifact(configBytes, layers, manifest);
}

/** A manifest with any configuration. */
export function makeArtifact(
  config: Uint8Array,
  layers: readonly MadeLayer[],
  manifest: object = {},
): MadeImage {
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config: descriptor(config, { mediaType: MEDIA_TYPE.config }),
    layers: layers.map(({ bytes, mediaType, more }) =>
      descriptor(bytes, { mediaType, ...(more ?? {}) }),
    ),
    ...manifest,
  };
  const bytes = Buffer.from(JSON.stringify(document));
  return {
    manifest: bytes,
    mediaType: document.mediaType,
    digest: digestOf(bytes),
    id: digestOf(config),
    blobs: [config, ...layers.map((layer) => layer.bytes)],
    members: [],
  };
}

/** An index of these; `platforms` has one for each, such as linux/amd64, or fields of its descriptor. */
export function makeIndex(
  members: readonly (readonly [image: MadeImage, platform: string | object])[],
): MadeImage {
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.index,
    manifests: members.map(([{ manifest, mediaType }, platform]) =>
      descriptor(manifest, {
        mediaType,
        ...(typeof platform === "string" ? { platform: platformOf(platform) } : platform),
      }),
    ),
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const digest = digestOf(bytes);
  return {
    manifest: bytes,
    mediaType: MEDIA_TYPE.index,
    digest,
    id: digest,
    blobs: [],
    members: members.map(([image]) => image),
  };
}

/** Puts an image into a registry that is open to everybody, by its API. */
export async function putImage(
  registry: { readonly url: string },
  reference: string,
  image: MadeImage,
): Promise<void> {
  const colon = reference.indexOf(":");
  const [repository, tag] = [reference.slice(0, colon), reference.slice(colon + 1)];
  const base = `${registry.url}/v2/${repository}`;
  for (const member of image.members) {
    await putImage(registry, `${repository}:${member.digest}`, member);
  }
  await Promise.all(image.blobs.map((blob) => putBlob(base, blob)));
  const answer = await fetch(`${base}/manifests/${tag}`, {
    method: "PUT",
    headers: { "content-type": image.mediaType },
    body: image.manifest,
  });
  await expectCreated(answer);
}

async function putBlob(base: string, blob: Uint8Array): Promise<void> {
  const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST" });
  const url = new URL(begun.headers.get("location") ?? "", base);
  url.searchParams.set("digest", digestOf(blob));
  await expectCreated(await fetch(url, { method: "PUT", body: Buffer.from(blob) }));
}

async function expectCreated(answer: Response): Promise<void> {
  if (answer.status === 201) return;
  throw new Error(`The registry did not take it: ${answer.status} ${await answer.text()}`);
}

function platformOf(text: string) {
  const [os, architecture, variant] = text.split("/");
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}
