import { type ImageConfig, parseImageConfig } from "../../oci/image.ts";
import { familiarReference } from "../../oci/reference.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { Store } from "../../store/store.ts";
import type { HistoryView, ImageView } from "../image-facade.ts";
import { splitNames } from "./find-image.ts";

const text = new TextDecoder();

/** The configuration of a stored image, which was checked when it came. */
export function configOf({ config }: ImageRow): ImageConfig {
  return parseImageConfig(text.decode(config));
}

/** All that list and inspect show of an image. */
export function toImageView(store: Store, image: ImageRow): ImageView {
  const config = configOf(image);
  const { tags, digests } = splitNames(store.references.listByImage(image.id));
  return {
    id: image.id,
    tags: tags.map(familiarReference),
    digests: digests.map(familiarReference),
    parent: "",
    comment: config.comment || (config.history.at(-1)?.comment ?? ""),
    author: config.author,
    createdAt: config.created,
    architecture: config.architecture,
    variant: config.variant,
    os: config.os,
    sizeBytes: chainOf(store, image).sizeBytes,
    layers: config.diffIds,
    config: config.config,
    lastTaggedAt: image.lastTaggedAt,
    containers: store.containers.listByImage(image.id).length,
  };
}

/** What the layers of an image have together. */
export function chainOf({ images, layers }: Store, { id }: ImageRow) {
  return layers.getChain(images.listLayers(id).at(-1)?.chainId ?? null);
}

/** How an image came to be, newest first. Only the newest step is an image that is there. */
export function toHistory(store: Store, image: ImageRow): readonly HistoryView[] {
  const { tags } = splitNames(store.references.listByImage(image.id));
  const sizes = store.images
    .listLayers(image.id)
    .map(({ chainId }) => store.layers.find(chainId)?.sizeBytes ?? 0);
  const steps = configOf(image).history.map((entry) => ({
    id: "<missing>",
    createdAt: entry.created,
    createdBy: entry.createdBy,
    tags: [],
    // A step that made a layer takes the next one.
    sizeBytes: entry.isEmptyLayer ? 0 : (sizes.shift() ?? 0),
    comment: entry.comment,
  }));
  const [newest, ...older] = steps.reverse();
  if (newest === undefined) return [];
  return [{ ...newest, id: image.id, tags: tags.map(familiarReference) }, ...older];
}
