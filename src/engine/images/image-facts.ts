import type { Digest } from "../../oci/digest.ts";
import type { ImageReferenceRow } from "../../store/image-references.ts";
import type { LayerRow } from "../../store/layer-records.ts";
import type { Store } from "../../store/store.ts";

/** What is known of images beside what they say themselves. */
export interface ImageFacts {
  namesOf(id: Digest): readonly ImageReferenceRow[];
  /** Lowest first. */
  layersOf(id: Digest): readonly LayerRow[];
  /** The ids of the containers that were made of it. */
  containersOf(id: Digest): readonly string[];
}

/** For one image, by queries of its own. */
export function factsByQuery(store: Store): ImageFacts {
  return {
    namesOf: (id) => store.references.listRowsByImage(id),
    layersOf: (id) => {
      const top = store.images.listLayers(id).at(-1);
      return top === undefined ? [] : store.layers.listChain(top).toReversed();
    },
    containersOf: (id) => store.containers.listByImage(id).map((row) => row.id),
  };
}

/** For all images: each table is read once, however many images there are. */
export class AllImageFacts implements ImageFacts {
  readonly #names = new Map<Digest, ImageReferenceRow[]>();
  readonly #layers = new Map<Digest, LayerRow[]>();
  readonly #containers = new Map<string, string[]>();
  /** How many images have a layer. */
  readonly #uses = new Map<Digest, number>();
  /** The sum of all layers. */
  readonly layersBytes: number;

  constructor({ references, images, layers, containers }: Store) {
    for (const row of references.list()) addTo(this.#names, row.imageId, row);
    const all = layers.list();
    const byChain = new Map(all.map((row) => [row.chainId, row]));
    for (const { imageId, chainId } of images.listAllLayers()) {
      const row = byChain.get(chainId);
      if (row !== undefined) addTo(this.#layers, imageId, row);
      this.#uses.set(chainId, (this.#uses.get(chainId) ?? 0) + 1);
    }
    for (const { id, imageId } of containers.listImages()) addTo(this.#containers, imageId, id);
    this.layersBytes = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  namesOf(id: Digest): readonly ImageReferenceRow[] {
    return this.#names.get(id) ?? [];
  }

  layersOf(id: Digest): readonly LayerRow[] {
    return this.#layers.get(id) ?? [];
  }

  containersOf(id: Digest): readonly string[] {
    return this.#containers.get(id) ?? [];
  }

  /** The bytes of the layers that other images have too. */
  sharedBytesOf(id: Digest): number {
    const shared = this.layersOf(id).filter(({ chainId }) => (this.#uses.get(chainId) ?? 0) > 1);
    return shared.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
}

function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
