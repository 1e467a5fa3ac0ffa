import { type Digest, digestOf } from "../../oci/digest.ts";
import { type Manifest, MEDIA_TYPE, parseManifest } from "../../oci/manifest.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { LayerArchive } from "../../store/layer-archives.ts";
import type { ManifestRow } from "../../store/manifest-records.ts";
import type { Store } from "../../store/store.ts";
import { configOf } from "./image-configs.ts";

/** An image with a manifest, and with the archives that the manifest names, lowest first. */
export interface DescribedImage {
  readonly manifest: ManifestRow;
  readonly layers: readonly LayerArchive[];
}

/**
 * Describes an image by what is here: by a manifest that it came with, where all of its layers'
 * archives can be had byte for byte; else by a new one, of the archives that there are.
 */
export function describeImage(store: Store, image: ImageRow): DescribedImage {
  for (const { row, manifest } of listManifests(store, image.id)) {
    const layers = manifest.layers.map(({ digest }) => store.archives.find(digest));
    const whole = layers.filter((layer) => layer !== undefined);
    if (whole.length === layers.length) return { manifest: row, layers: whole };
  }
  const layers = configOf(image).diffIds.map((diffId) => store.archives.get(diffId));
  return { manifest: makeManifest(image, layers), layers };
}

/** The manifests that an image is known to be described by, the newest first. */
export function listManifests(
  { manifests }: Pick<Store, "manifests">,
  imageId: Digest,
): readonly { readonly row: ManifestRow; readonly manifest: Manifest }[] {
  return manifests.listByImage(imageId).flatMap((row) => {
    const manifest = parseManifest(new TextDecoder().decode(row.content), row.digest);
    return manifest.kind === "manifest" ? [{ row, manifest }] : [];
  });
}

/** A manifest in the form of OCI for an image of these archives. */
export function makeManifest(
  { id, config }: Pick<ImageRow, "id" | "config">,
  layers: readonly Pick<LayerArchive, "digest" | "sizeBytes" | "compression">[],
): ManifestRow {
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    config: { mediaType: MEDIA_TYPE.config, digest: id, size: config.length },
    layers: layers.map(({ digest, sizeBytes, compression }) => ({
      mediaType: MEDIA_TYPE.layer[compression],
      digest,
      size: sizeBytes,
    })),
  };
  const content = Buffer.from(JSON.stringify(document));
  return { digest: digestOf(content), mediaType: MEDIA_TYPE.manifest, content };
}
