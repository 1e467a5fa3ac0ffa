// Images: found, brought in, given out, named and removed. Their bytes are the store's business.

import { parseTime } from "../../base/time.ts";
import type { Digest } from "../../oci/digest.ts";
import { familiarReference, type Reference } from "../../oci/reference.ts";
import type { Store } from "../../store/store.ts";
import type { ContainerImage, ContainerImages } from "../containers/context.ts";
import type { Filters } from "../filters.ts";
import type {
  HistoryView,
  ImageRemoval,
  Images,
  ImageView,
  ImportOptions,
} from "../image-facade.ts";
import { findImage, getImage } from "./find-image.ts";
import { compileListFilters, compilePruneFilters, isDangling } from "./image-filters.ts";
import { parseNewName, setName } from "./image-names.ts";
import { chainOf, configOf, toHistory, toImageView } from "./image-view.ts";
import { importImage } from "./import-image.ts";
import { describeLoaded, loadImages } from "./load-images.ts";
import { type Removed, removeImage, toRemovals } from "./remove-image.ts";
import { chooseImages, saveImages } from "./save-images.ts";

export type ImageAction = "import" | "load" | "tag" | "untag" | "delete" | "save";

/** Is told of each change, with the image's id and the name that it was about, else the id again. */
export type ImageListener = (action: ImageAction, id: string, name: string) => void;

/** The images of a store. */
export class StoredImages implements Images, ContainerImages {
  readonly #store: Store;
  readonly #tell: ImageListener;

  constructor(store: Store, onEvent: ImageListener) {
    this.#store = store;
    this.#tell = onEvent;
  }

  /** What a container needs of the image that a user named; undefined: there is none. */
  find(ref: string): ContainerImage | undefined {
    const image = findImage(this.#store, ref);
    if (image === undefined) return undefined;
    const { os, architecture, variant, config } = configOf(image);
    const { maxId, lowers } = chainOf(this.#store, image);
    return { id: image.id, config, os, architecture, variant, maxId, lowers };
  }

  async list({ filters }: { readonly filters: Filters }): Promise<readonly ImageView[]> {
    const filter = compileListFilters(filters, {
      createdAt: (ref) => configOf(getImage(this.#store, ref)).created,
    });
    const found = this.#store.images.list().map((image) => filter(toImageView(this.#store, image)));
    return found.filter((view) => view !== undefined).sort(newestFirst);
  }

  async get(ref: string): Promise<ImageView> {
    return toImageView(this.#store, getImage(this.#store, ref));
  }

  async history(ref: string): Promise<readonly HistoryView[]> {
    return toHistory(this.#store, getImage(this.#store, ref));
  }

  async tag(ref: string, target: string): Promise<void> {
    const { id } = getImage(this.#store, ref);
    const name = parseNewName(target);
    this.#store.transaction(() => setName(this.#store, name, id));
    this.#tell("tag", id, familiarReference(name));
  }

  async remove(
    ref: string,
    { force }: { readonly force: boolean },
  ): Promise<readonly ImageRemoval[]> {
    const removed = await removeImage(this.#store, ref, force);
    this.#tellRemoved(removed);
    return toRemovals(removed);
  }

  async import(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string> {
    const { id, name } = await importImage(this.#store, archive, options);
    this.#tellNamed("import", id, name);
    if (name !== undefined) this.#tellNamed("tag", id, name);
    return id;
  }

  async *load(archive: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    for (const loaded of await loadImages(this.#store, archive)) {
      this.#tellNamed("load", loaded.id, loaded.names[0]?.name);
      yield* describeLoaded(loaded);
    }
  }

  async save(refs: readonly string[]): Promise<AsyncIterable<Uint8Array>> {
    const images = chooseImages(this.#store, refs);
    for (const { image, names } of images) this.#tellNamed("save", image.id, names[0]);
    return saveImages(this.#store, images);
  }

  async prune(filters: Filters) {
    const { isWanted, onlyDangling } = compilePruneFilters(filters);
    const removed: ImageRemoval[] = [];
    let reclaimedBytes = 0;
    for (const image of this.#store.images.list()) {
      const view = toImageView(this.#store, image);
      const isKept = view.containers > 0 || (onlyDangling && !isDangling(view));
      if (isKept || !isWanted(view)) continue;
      const done = await removeImage(this.#store, image.id, true);
      this.#tellRemoved(done);
      removed.push(...toRemovals(done));
      reclaimedBytes += (done.layers ?? []).reduce((total, layer) => total + layer.sizeBytes, 0);
    }
    return { removed, reclaimedBytes };
  }

  #tellNamed(action: ImageAction, id: Digest, name: Reference | undefined): void {
    this.#tell(action, id, name === undefined ? id : familiarReference(name));
  }

  #tellRemoved({ image, untagged, layers }: Removed): void {
    for (const name of untagged) this.#tellNamed("untag", image.id, name);
    if (layers !== undefined) this.#tell("delete", image.id, image.id);
  }
}

/** One that does not say when it was made is older than all others. */
function newestFirst(a: ImageView, b: ImageView): number {
  const [timeA, timeB] = [parseTime(a.createdAt) ?? 0n, parseTime(b.createdAt) ?? 0n];
  if (timeA !== timeB) return timeA > timeB ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
