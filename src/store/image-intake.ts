import { EngineError } from "../base/errors.ts";
import { formatTime, NEVER, nowNs } from "../base/time.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import type { ArchiveFiles } from "./archive-files.ts";
import { receiveArchive } from "./archive-receiver.ts";
import type { BlobStore } from "./blobs.ts";
import { explainDisk } from "./disk-error.ts";
import { GrowingFile } from "./growing-file.ts";
import type { ImageTable } from "./image-records.ts";
import { isKept, type KeepBlobs } from "./keep-blobs.ts";
import type { LayerBlobRow } from "./layer-blob-records.ts";
import { type Expected, type HeldLayer, LayerBuild, type LayerBuildStores } from "./layer-build.ts";
import type { ManifestRow, ManifestTable } from "./manifest-records.ts";
import { Staging } from "./staging.ts";

// As Docker has it; the kernel's overlay stops at 500.
export const MAX_LAYERS = 125;

/** What an intake puts its work into. */
export interface IntakeStores extends LayerBuildStores {
  readonly images: ImageTable;
  readonly manifests: ManifestTable;
  readonly blobs: BlobStore;
  readonly keepBlobs: KeepBlobs;
}

export interface NewImage {
  /** The configuration, byte for byte. Its digest becomes the image's id. */
  readonly config: Uint8Array;
  /** The chain ids of its layers, lowest first; the intake holds them. */
  readonly layers: readonly Digest[];
  /** What described it where it comes from. */
  readonly manifests: readonly ManifestRow[];
}

/**
 * Brings images in: layers are received, unpacked and checked, all out of sight; then commit() makes
 * everything visible at once. Without it, nothing stays.
 */
export class ImageIntake implements AsyncDisposable {
  readonly #stores: IntakeStores;
  readonly #staging: Staging;
  readonly #holds = new DisposableStack();
  readonly #builds = new AsyncDisposableStack();
  readonly #kept = new Map<Digest, string>();

  constructor(stores: IntakeStores) {
    this.#stores = stores;
    this.#staging = new Staging(stores.dataRoot);
  }

  /** Receives one layer's archive, which must be whole, and unpacks it while it comes. */
  async receiveLayer(bytes: AsyncIterable<Uint8Array>): Promise<LayerBuild> {
    const file = new GrowingFile(this.#staging.newPath());
    const build = this.build(file, "required");
    try {
      await this.#staging.receive(bytes, file, build.content);
    } catch (cause) {
      file.fail(cause);
      throw cause;
    }
    return build;
  }

  /** Receives an archive of images; what in it looks like a layer is unpacked while it comes. */
  receiveArchive(bytes: AsyncIterable<Uint8Array>): Promise<ArchiveFiles> {
    return receiveArchive(bytes, {
      newPath: () => this.#staging.newPath(),
      build: (file) => this.build(file, "optional"),
      isKnown: (digest) => this.#stores.layerBlobs.find(digest) !== undefined,
    });
  }

  /** Unpacks a file that may still grow. */
  build(file: GrowingFile, endMark: "required" | "optional"): LayerBuild {
    return this.#builds.use(new LayerBuild(this.#stores, file, { endMark }));
  }

  /** Puts a layer in its place, and holds it there; returns its chain id. */
  async place(build: LayerBuild, below: Digest | null, expected: Expected = {}): Promise<Digest> {
    return this.hold(await build.place(below, expected));
  }

  /** Takes over the hold of a layer that is in its place; returns its chain id. */
  hold(layer: HeldLayer): Digest {
    return this.#holds.use(layer).row.chainId;
  }

  /** Holds a layer that is there already, if it is. */
  findLayer(chainId: Digest): boolean {
    const isThere = this.#stores.layers.find(chainId) !== undefined;
    // Else an image that is removed meanwhile could take it along.
    if (isThere) this.#holds.use(this.#stores.layers.hold(chainId));
    return isThere;
  }

  /** Lets commit() keep the archive of a layer that is in its place, where it is one to keep. */
  offerBlob(path: string, blob: LayerBlobRow, { isFetchable }: { isFetchable: boolean }): void {
    const { layers, layerBlobs, keepBlobs } = this.#stores;
    layerBlobs.insert(blob);
    const isRebuildable = layers.findRebuildable(blob.diffId) !== undefined;
    const { compression, digest } = blob;
    if (isKept(keepBlobs, { compression, isRebuildable, isFetchable })) {
      this.#kept.set(digest, path);
    }
  }

  /** Makes the images visible, all or none. `also` is done in the same transaction. */
  commit(images: readonly NewImage[], also: () => void): void {
    try {
      this.#stores.transaction((undo) => {
        for (const image of images) this.#store(image);
        for (const [digest, path] of this.#kept) this.#keep(path, digest, undo);
        also();
      });
    } catch (cause) {
      throw explainDisk(cause, "Cannot store the image");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#builds.disposeAsync();
    this.#holds.dispose();
    await this.#staging[Symbol.asyncDispose]();
  }

  #store({ config, layers, manifests }: NewImage): void {
    if (layers.length > MAX_LAYERS) throw new EngineError("invalid", "max depth exceeded");
    const id = digestOf(config);
    const createdAt = formatTime(nowNs());
    this.#stores.images.insert({ id, config, createdAt, lastTaggedAt: NEVER }, layers);
    for (const manifest of manifests) this.#stores.manifests.add(id, manifest);
  }

  #keep(path: string, digest: Digest, undo: DisposableStack): void {
    const { blobs } = this.#stores;
    if (blobs.adopt(path, digest)) undo.defer(() => blobs.remove(digest));
  }
}
