// Images: found, brought in, given out, named and removed. Their bytes are the store's business.

import { EngineError } from "../../base/errors.ts";
import { parseTime } from "../../base/time.ts";
import type { Digest } from "../../oci/digest.ts";
import type { Platform } from "../../oci/platform.ts";
import { familiarReference, type Reference } from "../../oci/reference.ts";
import type { Store } from "../../store/store.ts";
import type { ContainerImage, ContainerImages } from "../containers/context.ts";
import type { Filters } from "../filters.ts";
import type {
  HistoryView,
  ImageChoice,
  ImageQuery,
  ImageRemoval,
  Images,
  ImageView,
  ImportOptions,
} from "../image-facade.ts";
import { findImage, findTarget, getImage } from "./find-image.ts";
import { configOf } from "./image-configs.ts";
import { AllImageFacts, factsByQuery } from "./image-facts.ts";
import { compileListFilters } from "./image-filters.ts";
import { findDescriptor, listManifestViews } from "./image-manifests.ts";
import { parseNewName, setName } from "./image-names.ts";
import { checkPlatform } from "./image-platform.ts";
import { chainOf, toHistory, toImageView } from "./image-view.ts";
import { importImage } from "./import-image.ts";
import { describeLoaded, loadImages } from "./load-images.ts";
import { pruneImages } from "./prune-images.ts";
import { type Removed, removeImage, toRemovals } from "./remove-image.ts";
import { chooseImages, saveImages } from "./save-images.ts";

export type ImageAction = "import" | "load" | "tag" | "untag" | "delete" | "save" | "prune";

/**
 * Is told of each change, with the image's id and the name that it was about, else the id again; of a
 * prune with no id and the bytes that it gave back.
 */
export type ImageListener = (action: ImageAction, id: string, name: string) => void;

/** The images of a store. */
export class StoredImages implements Images, ContainerImages {
  readonly #store: Store;
  readonly #tell: ImageListener;
  #isPruning = false;

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

  async list({
    filters,
    sharedSize = false,
    manifests = false,
  }: Omit<ImageQuery, "all">): Promise<readonly ImageView[]> {
    const filter = compileListFilters(filters, {
      createdAt: (ref) => configOf(getImage(this.#store, ref)).created,
    });
    const store = this.#store;
    const facts = new AllImageFacts(store);
    const found = store.images.list().flatMap((image) => {
      const view = filter(toImageView(image, facts));
      if (view === undefined) return [];
      const shared = sharedSize ? { sharedBytes: facts.sharedBytesOf(image.id) } : {};
      const listed = manifests ? { manifests: listManifestViews(store, image, facts) } : {};
      return [{ ...view, ...shared, ...listed }];
    });
    return sortNewestFirst(found);
  }

  async get(
    ref: string,
    { platform, manifests = false }: ImageChoice & { readonly manifests?: boolean } = {},
  ): Promise<ImageView> {
    const image = this.#choose(ref, { platform });
    const facts = factsByQuery(this.#store);
    return {
      ...toImageView(image, facts),
      descriptor: findDescriptor(this.#store, image, facts),
      directories: chainOf(this.#store, image).lowers,
      ...(manifests ? { manifests: listManifestViews(this.#store, image, facts) } : {}),
    };
  }

  async history(ref: string, choice: ImageChoice = {}): Promise<readonly HistoryView[]> {
    return toHistory(this.#choose(ref, choice), factsByQuery(this.#store));
  }

  async tag(ref: string, target: string): Promise<void> {
    const { id } = getImage(this.#store, ref);
    const name = parseNewName(target);
    // An index that was pulled can so be pushed whole under another name.
    const named = { id, target: findTarget(this.#store, ref) };
    this.#store.transaction(() => setName(this.#store, name, named));
    this.#tell("tag", id, familiarReference(name));
  }

  async remove(
    ref: string,
    {
      force,
      platforms = [],
    }: { readonly force: boolean; readonly platforms?: readonly Platform[] },
  ): Promise<readonly ImageRemoval[]> {
    for (const platform of platforms) this.#choose(ref, { platform });
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

  async *load(
    archive: AsyncIterable<Uint8Array>,
    { platform }: ImageChoice = {},
  ): AsyncGenerator<string> {
    for (const loaded of await loadImages(this.#store, archive, platform)) {
      this.#tellNamed("load", loaded.id, loaded.names[0]?.name);
      yield* describeLoaded(loaded);
    }
  }

  async save(
    refs: readonly string[],
    { platform }: ImageChoice = {},
  ): Promise<AsyncIterable<Uint8Array>> {
    const images = chooseImages(this.#store, refs);
    for (const { image, names } of images) {
      checkPlatform(
        image,
        names[0] === undefined ? image.id : familiarReference(names[0]),
        platform,
      );
    }
    for (const { image, names } of images) this.#tellNamed("save", image.id, names[0]);
    return saveImages(this.#store, images);
  }

  async prune(filters: Filters) {
    if (this.#isPruning) {
      throw new EngineError("conflict", "a prune operation is already running");
    }
    this.#isPruning = true;
    try {
      const { removed, reclaimedBytes } = await pruneImages(this.#store, filters);
      for (const one of removed) this.#tellRemoved(one);
      this.#tell("prune", "", String(reclaimedBytes));
      return { removed: removed.flatMap(toRemovals), reclaimedBytes };
    } finally {
      this.#isPruning = false;
    }
  }

  #choose(ref: string, { platform }: ImageChoice) {
    const image = getImage(this.#store, ref);
    checkPlatform(image, ref, platform);
    return image;
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
function sortNewestFirst(images: readonly ImageView[]): readonly ImageView[] {
  const timed = images.map((image) => ({ image, time: parseTime(image.createdAt) ?? 0n }));
  timed.sort((a, b) => {
    if (a.time !== b.time) return a.time > b.time ? -1 : 1;
    return a.image.id < b.image.id ? -1 : 1;
  });
  return timed.map(({ image }) => image);
}
