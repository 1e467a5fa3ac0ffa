import type { Store } from "../../store/store.ts";
import type { Filters } from "../filters.ts";
import { AllImageFacts } from "./image-facts.ts";
import { compilePruneFilters, isDangling } from "./image-filters.ts";
import { toImageView } from "./image-view.ts";
import { type Removed, removeImage } from "./remove-image.ts";

/** What a prune did. */
export interface PrunedImages {
  readonly removed: readonly Removed[];
  readonly reclaimedBytes: number;
}

/**
 * Removes the images that no container uses and, but with `dangling=false`, that have no name; and
 * with them the downloads that nobody works on.
 */
export async function pruneImages(store: Store, filters: Filters): Promise<PrunedImages> {
  const { isWanted, onlyDangling } = compilePruneFilters(filters);
  const facts = new AllImageFacts(store);
  const removed: Removed[] = [];
  for (const image of store.images.list()) {
    const view = toImageView(image, facts);
    if ((onlyDangling && !isDangling(view)) || !isWanted(view)) continue;
    // Looked up now: others work while this one removes.
    if (store.containers.listByImage(image.id).length > 0) continue;
    if (store.containers.listByMountedImage(image.id).length > 0) continue;
    removed.push(await removeImage(store, image.id, true));
  }
  // One that was limited to some images has not been about downloads.
  const isLimited = Object.keys(filters).some((key) => key !== "dangling");
  const partialBytes = isLimited ? 0 : store.partials.removeIdle();
  const reclaimedBytes = removed.reduce((sum, one) => sum + one.reclaimedBytes, partialBytes);
  return { removed, reclaimedBytes };
}
