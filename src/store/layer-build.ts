import { EngineError } from "../base/errors.ts";
import { chainIdOf, type Digest } from "../oci/digest.ts";
import type { GrowingFile } from "./growing-file.ts";
import type { LayerBlobTable } from "./layer-blob-records.ts";
import type { LayerRow } from "./layer-records.ts";
import type { LayerUnpacking, UnpackTarget } from "./layer-unpacking.ts";
import type { LayerStore } from "./layers.ts";
import { temporaryPath } from "./staging.ts";
import type { Transaction } from "./transaction.ts";
import type { Trash } from "./trash.ts";
import type { LayerContent } from "./unpack-layer.ts";
import type { UnpackThreads } from "./unpack-threads.ts";

/** What layers are built with. */
export interface LayerBuildStores {
  readonly dataRoot: string;
  readonly layers: LayerStore;
  readonly layerBlobs: LayerBlobTable;
  readonly threads: UnpackThreads;
  readonly trash: Trash;
  readonly transaction: Transaction;
}

/** A layer that is in the store, and stays there until it is let go. */
export interface HeldLayer extends Disposable {
  readonly row: Pick<LayerRow, "chainId" | "diffId" | "tarBytes">;
}

/** What an archive must turn out to be; else it is refused. */
export interface Expected {
  readonly diffId?: Digest | undefined;
  readonly blobDigest?: Digest | undefined;
}

/**
 * A layer on its way into the store: it is unpacked out of sight, by itself, while what is below it may
 * still be on its way too; then put in its place.
 */
export class LayerBuild implements AsyncDisposable {
  readonly #stores: LayerBuildStores;
  readonly #directory: string;
  readonly #unpacking: LayerUnpacking;

  constructor(
    stores: LayerBuildStores,
    file: GrowingFile,
    target: Omit<UnpackTarget, "directory">,
  ) {
    this.#stores = stores;
    this.#directory = temporaryPath(stores.dataRoot);
    this.#unpacking = stores.threads.unpack(file, { ...target, directory: this.#directory });
  }

  /** What the archive is, when all of it is unpacked. */
  get content(): Promise<LayerContent> {
    return this.#unpacking.unpacked;
  }

  /** Puts the layer above `below` (null: at the bottom), which is whole. To be called once. */
  async place(below: Digest | null, expected: Expected = {}): Promise<HeldLayer> {
    const content = await this.content;
    checkContent(content, expected);
    const { layers } = this.#stores;
    const chainId = chainIdOf(below, content.diffId);
    if (layers.find(chainId) === undefined) {
      await this.#unpacking.inherit(below === null ? [] : layers.getChain(below).lowers);
    }
    return this.#store(content, { chainId, parent: below });
  }

  /**
   * Puts the layer in the place of its own files, which are damaged, unless `isFree` says then that they
   * are in use. To be called once.
   */
  async restore({ key, diffId, parent }: LayerRow, isFree: () => boolean): Promise<void> {
    checkContent(await this.content, { diffId });
    const { layers } = this.#stores;
    await this.#unpacking.inherit(parent === null ? [] : layers.getChain(parent).lowers);
    if (isFree()) layers.replace({ key }, this.#directory);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unpacking[Symbol.asyncDispose]();
    this.#stores.trash.throwAway(this.#directory);
  }

  /** Another build may have brought the same one meanwhile. */
  #store(content: LayerContent, place: { chainId: Digest; parent: Digest | null }): HeldLayer {
    const { layers, layerBlobs, transaction } = this.#stores;
    const { diffId, blobDigest, blobBytes, compression } = content;
    using undo = new DisposableStack();
    const hold = undo.use(layers.hold(place.chainId));
    const stored = layers.find(place.chainId);
    transaction((reverse) => {
      if (stored === undefined) reverse.use(layers.adopt(toRow(content, place), this.#directory));
      layerBlobs.insert({ digest: blobDigest, diffId, sizeBytes: blobBytes, compression });
    });
    undo.move();
    return { row: stored ?? toRow(content, place), [Symbol.dispose]: () => hold[Symbol.dispose]() };
  }
}

function toRow(
  { diffId, sizeBytes, maxUid, maxGid, isRebuildable, tarBytes }: LayerContent,
  { chainId, parent }: { readonly chainId: Digest; readonly parent: Digest | null },
): Omit<LayerRow, "key"> {
  const rebuilt = isRebuildable ? tarBytes : null;
  return { chainId, diffId, parent, sizeBytes, maxUid, maxGid, tarBytes: rebuilt };
}

function checkContent(content: LayerContent, { diffId, blobDigest }: Expected): void {
  if (blobDigest !== undefined && content.blobDigest !== blobDigest) {
    throw new EngineError(
      "invalid",
      `filesystem layer verification failed for digest ${blobDigest}: it came as ${content.blobDigest}`,
    );
  }
  if (diffId !== undefined) checkDiffId(content.diffId, diffId);
}

/** Refuses an archive that is another layer than was said. */
export function checkDiffId(actual: Digest, wanted: Digest): void {
  if (actual === wanted) return;
  throw new EngineError(
    "invalid",
    `invalid diffID for layer: expected "${wanted}", got "${actual}"`,
  );
}
