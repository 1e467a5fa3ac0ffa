import type { Digest } from "../../oci/digest.ts";
import {
  ANNOTATION,
  type Descriptor,
  isImage,
  type Manifest,
  parseManifest,
} from "../../oci/manifest.ts";
import type { Platform } from "../../oci/platform.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { ManifestRow } from "../../store/manifest-records.ts";
import type { Store } from "../../store/store.ts";
import type { DescriptorView, ManifestView } from "../image-facade.ts";
import { configOf } from "./image-configs.ts";
import type { ImageFacts } from "./image-facts.ts";

const text = new TextDecoder();

/** What an image's names stand for at a registry, or else the newest that is known to describe it. */
export function findDescriptor(
  { manifests }: Store,
  { id }: ImageRow,
  facts: ImageFacts,
): DescriptorView | undefined {
  const targets = facts.namesOf(id).flatMap(({ target }) => (target === null ? [] : [target]));
  const named = targets.map((digest) => manifests.find(digest)).find((row) => row !== undefined);
  const row = named ?? manifests.listByImage(id)[0];
  return row === undefined ? undefined : describeRow(row);
}

/**
 * The manifests that an image came with: those of the index where there was one, also of platforms
 * that are not here, with what is said about them; else its own.
 */
export function listManifestViews(
  store: Store,
  image: ImageRow,
  facts: ImageFacts,
): readonly ManifestView[] {
  const rows = store.manifests.listByImage(image.id);
  const parsed = rows.map((row) => ({ row, content: parseRow(row) }));
  const own = new Map<Digest, Manifest>();
  for (const { row, content } of parsed) {
    if (content.kind === "manifest") own.set(row.digest, content);
  }
  const view = (descriptor: DescriptorView, named?: Descriptor) => {
    const manifest = own.get(descriptor.digest as Digest);
    if (manifest !== undefined) return viewOwn(store, { image, facts, descriptor, manifest });
    return viewAbsent(descriptor, named);
  };
  const index = parsed.map(({ content }) => content).find(({ kind }) => kind === "index");
  if (index?.kind === "index") {
    return index.manifests.map((named) => view({ ...named, platform: named.platform }, named));
  }
  return rows.map((row) => view(describeRow(row)));
}

interface OwnManifest {
  readonly image: ImageRow;
  readonly facts: ImageFacts;
  readonly descriptor: DescriptorView;
  readonly manifest: Manifest;
}

function viewOwn(
  { blobs, archives }: Store,
  { image, facts, descriptor, manifest }: OwnManifest,
): ManifestView {
  const kept = manifest.layers.filter(({ digest }) => blobs.has(digest));
  const archiveBytes = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const layers = facts.layersOf(image.id);
  return {
    descriptor,
    kind: "image",
    // Byte for byte, as a registry wants it.
    isAvailable: manifest.layers.every(({ digest }) => archives.find(digest) !== undefined),
    contentBytes: descriptor.sizeBytes + image.config.length + archiveBytes,
    platform: platformOf(image),
    containers: facts.containersOf(image.id),
    unpackedBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}

function viewAbsent(descriptor: DescriptorView, named: Descriptor | undefined): ManifestView {
  const absent = { descriptor, isAvailable: false, contentBytes: 0 };
  const attests = named?.annotations[ATTESTED];
  if (named?.annotations[ANNOTATION.attestation] !== undefined && attests !== undefined) {
    return { ...absent, kind: "attestation", attests };
  }
  if (named?.platform === undefined || !isImage(named)) return { ...absent, kind: "unknown" };
  const { platform } = named;
  return { ...absent, kind: "image", platform, containers: [], unpackedBytes: 0 };
}

/** Of an attestation: the digest of the manifest that it is about. */
const ATTESTED = "vnd.docker.reference.digest";

function describeRow({ digest, mediaType, content }: ManifestRow): DescriptorView {
  return { digest, mediaType, sizeBytes: content.length };
}

function parseRow({ content, digest }: ManifestRow) {
  return parseManifest(text.decode(content), digest);
}

function platformOf(image: ImageRow): Platform {
  const { os, architecture, variant } = configOf(image);
  return { os, architecture, variant };
}
