import { familiarReference } from "../../oci/reference.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { Store } from "../../store/store.ts";
import type { HistoryView, ImageView } from "../image-facade.ts";
import { splitNames } from "./find-image.ts";
import { configOf } from "./image-configs.ts";
import type { ImageFacts } from "./image-facts.ts";

/** All that list and inspect show of an image. */
export function toImageView(image: ImageRow, facts: ImageFacts): ImageView {
  const config = configOf(image);
  const names = facts.namesOf(image.id).map(({ reference }) => reference);
  const { tags, digests } = splitNames(names);
  const layers = facts.layersOf(image.id);
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
    sizeBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    layers: config.diffIds,
    config: config.config,
    lastTaggedAt: image.lastTaggedAt,
    containers: facts.containersOf(image.id).length,
  };
}

/** What the layers of an image have together. */
export function chainOf({ images, layers }: Store, { id }: ImageRow) {
  return layers.getChain(images.listLayers(id).at(-1) ?? null);
}

/** How an image came to be, newest first. Only the newest step is an image that is there. */
export function toHistory(image: ImageRow, facts: ImageFacts): readonly HistoryView[] {
  const { tags } = splitNames(facts.namesOf(image.id).map(({ reference }) => reference));
  const sizes = facts.layersOf(image.id).map(({ sizeBytes }) => sizeBytes);
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
