import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { formatTime, NEVER, nowNs } from "../base/time.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { MEDIA_TYPE } from "../oci/manifest.ts";
import { type ArchiveFiles, receiveArchive } from "./archive-files.ts";
import type { BlobStore } from "./blobs.ts";
import { explainDisk } from "./disk-error.ts";
import type { ImageTable } from "./image-records.ts";
import type { LayerRow } from "./layer-records.ts";
import type { LayerStore } from "./layers.ts";
import { type StagedFile, Staging } from "./staging.ts";
import { digestLayerFile, unpackLayerFile } from "./unpack-layer.ts";

// As Docker has it; the kernel's overlay stops at 500.
const MAX_LAYERS = 125;

/** What an intake puts its work into. */
export interface IntakeStores {
  readonly dataRoot: string;
  readonly images: ImageTable;
  readonly layers: LayerStore;
  readonly blobs: BlobStore;
  transaction<Result>(work: () => Result): Result;
}

type NewLayerRow = Omit<LayerRow, "key">;

/** A layer that is checked and unpacked, by this intake or before it. */
export interface IntakeLayer {
  readonly row: NewLayerRow;
  readonly blob: StagedFile;
  readonly mediaType: string;
}

export interface NewImage {
  /** The configuration, byte for byte. Its digest becomes the image's id. */
  readonly config: Uint8Array;
  /** Lowest first. */
  readonly layers: readonly IntakeLayer[];
}

/**
 * Brings images in: blobs are received, layers unpacked and checked, all out of sight; then commit()
 * makes everything visible at once. Without it, nothing stays.
 */
export class ImageIntake implements AsyncDisposable {
  readonly #stores: IntakeStores;
  readonly #staging: Staging;
  readonly #holds = new DisposableStack();
  /** What this intake unpacked, and where. */
  readonly #unpacked = new Map<Digest, { readonly row: NewLayerRow; readonly directory: string }>();

  constructor(stores: IntakeStores) {
    this.#stores = stores;
    this.#staging = new Staging(stores.dataRoot);
  }

  /** Writes bytes to the disk, and tells their digest. */
  receive(bytes: AsyncIterable<Uint8Array>): Promise<StagedFile> {
    return this.#staging.receive(bytes);
  }

  /** Writes the files of an archive of images to the disk. */
  receiveArchive(bytes: AsyncIterable<Uint8Array>): Promise<ArchiveFiles> {
    return receiveArchive(bytes, () => this.#staging.newPath());
  }

  /** Takes a file as the layer above `below`; with `diffId` it must be that one. */
  async addLayer(
    blob: StagedFile,
    below: IntakeLayer | undefined,
    diffId?: Digest,
  ): Promise<IntakeLayer> {
    const known = diffId === undefined ? undefined : this.#findLayer(chainIdOf(below, diffId));
    if (known === undefined) return this.#unpack(blob, below, diffId);
    return { row: known, blob, mediaType: await this.#checkBlob(blob, known) };
  }

  /** Makes the images visible, all or none. `also` is done in the same transaction. */
  commit(images: readonly NewImage[], also: () => void): void {
    using undo = new DisposableStack();
    try {
      this.#stores.transaction(() => {
        for (const image of images) this.#store(image, undo);
        also();
      });
      undo.move();
    } catch (cause) {
      throw explainDisk(cause, "Cannot store the image");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#holds.dispose();
    await this.#staging[Symbol.asyncDispose]();
  }

  #findLayer(chainId: Digest): NewLayerRow | undefined {
    const stored = this.#stores.layers.find(chainId);
    // Else an image that is removed meanwhile could take it along.
    if (stored !== undefined) this.#holds.use(this.#stores.layers.hold(chainId));
    return stored ?? this.#unpacked.get(chainId)?.row;
  }

  /** The layer is there, but these bytes are kept, too, and given to others: they must be the layer. */
  async #checkBlob(blob: StagedFile, { chainId, diffId }: NewLayerRow): Promise<string> {
    const uses = this.#stores.images.listBlobUses(blob.digest);
    const known = uses.find((use) => use.chainId === chainId);
    if (known !== undefined) return known.mediaType;

    const content = await digestLayerFile(blob.path);
    checkDiffId(content.diffId, diffId);
    return MEDIA_TYPE.layer[content.compression];
  }

  async #unpack(
    blob: StagedFile,
    below: IntakeLayer | undefined,
    diffId: Digest | undefined,
  ): Promise<IntakeLayer> {
    const parent = below?.row.chainId ?? null;
    const target = { directory: this.#staging.newPath(), lowers: this.#lowersOf(parent) };
    const endMark = diffId === undefined ? "required" : "optional";
    const content = await unpackLayerFile(blob.path, target, { endMark });
    if (diffId !== undefined) checkDiffId(content.diffId, diffId);
    const { sizeBytes, maxUid, maxGid } = content;
    const chainId = chainIdOf(below, content.diffId);
    const row = { chainId, diffId: content.diffId, parent, sizeBytes, maxUid, maxGid };
    const mediaType = MEDIA_TYPE.layer[content.compression];

    const stored = this.#findLayer(chainId);
    if (stored === undefined) this.#unpacked.set(chainId, { row, directory: target.directory });
    return { row: stored ?? row, blob, mediaType };
  }

  #lowersOf(chainId: Digest | null): readonly string[] {
    if (chainId === null) return [];
    const mine = this.#unpacked.get(chainId);
    if (mine === undefined) return this.#stores.layers.getChain(chainId).lowers;
    return [join(mine.directory, "diff"), ...this.#lowersOf(mine.row.parent)];
  }

  #store({ config, layers }: NewImage, undo: DisposableStack): void {
    if (layers.length > MAX_LAYERS) throw new EngineError("invalid", "max depth exceeded");
    for (const layer of layers) this.#publish(layer, undo);
    const id = digestOf(config);
    const createdAt = formatTime(nowNs());
    this.#stores.images.insert(
      { id, config, createdAt, lastTaggedAt: NEVER },
      layers.map(({ row, blob, mediaType }) => ({
        chainId: row.chainId,
        blobDigest: blob.digest,
        blobBytes: blob.sizeBytes,
        mediaType,
      })),
    );
  }

  #publish({ row, blob }: IntakeLayer, undo: DisposableStack): void {
    const { layers, blobs } = this.#stores;
    const mine = this.#unpacked.get(row.chainId);
    // Another intake may have brought the same one meanwhile.
    const isMissing = layers.find(row.chainId) === undefined;
    if (isMissing && mine !== undefined) undo.use(layers.adopt(row, mine.directory));
    if (blobs.adopt(blob)) undo.defer(() => blobs.collect([blob.digest]));
  }
}

function chainIdOf(below: IntakeLayer | undefined, diffId: Digest): Digest {
  return below === undefined ? diffId : digestOf(`${below.row.chainId} ${diffId}`);
}

function checkDiffId(actual: Digest, wanted: Digest): void {
  if (actual === wanted) return;
  throw new EngineError(
    "invalid",
    `invalid diffID for layer: expected "${wanted}", got "${actual}"`,
  );
}
