import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";

export interface ImageRow {
  /** The digest of its configuration. */
  readonly id: Digest;
  /** The configuration, byte for byte: it must give this digest again when it is saved. */
  readonly config: Uint8Array;
  /** RFC 3339: when it came to this data root. */
  readonly createdAt: string;
  readonly lastTaggedAt: string;
}

/** One layer of an image, and the blob that it came as. */
export interface ImageLayerRow {
  readonly chainId: Digest;
  readonly blobDigest: Digest;
  readonly blobBytes: number;
  readonly mediaType: string;
}

const COLUMNS = "id, config, created_at AS createdAt, last_tagged_at AS lastTaggedAt";
const LAYER_COLUMNS =
  "chain_id AS chainId, blob_digest AS blobDigest, blob_size AS blobBytes, media_type AS mediaType";

/** The images table, with the layers of each. */
export class ImageTable {
  readonly #insert;
  readonly #insertLayer;
  readonly #find;
  readonly #byPrefix;
  readonly #all;
  readonly #layers;
  readonly #blobUse;
  readonly #blobs;
  readonly #touch;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, Uint8Array, string, string]>(
      "INSERT INTO images (id, config, created_at, last_tagged_at) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (id) DO NOTHING",
    );
    this.#insertLayer = db.query<void, [string, number, string, string, number, string]>(
      "INSERT INTO image_layers (image_id, position, chain_id, blob_digest, blob_size, media_type) " +
        "VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#find = db.query<ImageRow, [string]>(`SELECT ${COLUMNS} FROM images WHERE id = ?`);
    this.#byPrefix = db.query<ImageRow, [string, string]>(
      `SELECT ${COLUMNS} FROM images WHERE id >= ? AND id < ? || '~' LIMIT 2`,
    );
    this.#all = db.query<ImageRow, []>(`SELECT ${COLUMNS} FROM images ORDER BY id`);
    this.#layers = db.query<ImageLayerRow, [string]>(
      `SELECT ${LAYER_COLUMNS} FROM image_layers WHERE image_id = ? ORDER BY position`,
    );
    this.#blobUse = db.query<ImageLayerRow, [string]>(
      `SELECT ${LAYER_COLUMNS} FROM image_layers WHERE blob_digest = ?`,
    );
    this.#blobs = db.query<{ digest: Digest }, []>(
      "SELECT DISTINCT blob_digest AS digest FROM image_layers",
    );
    this.#touch = db.query<void, [string, string]>(
      "UPDATE images SET last_tagged_at = ? WHERE id = ?",
    );
    this.#remove = db.query<void, [string]>("DELETE FROM images WHERE id = ?");
  }

  /** Stores an image whose layers, lowest first, are stored. False: it is there already. */
  insert(image: ImageRow, layers: readonly ImageLayerRow[]): boolean {
    const { id, config, createdAt, lastTaggedAt } = image;
    if (this.#insert.run(id, config, createdAt, lastTaggedAt).changes === 0) return false;
    for (const [position, { chainId, blobDigest, blobBytes, mediaType }] of layers.entries()) {
      this.#insertLayer.run(id, position, chainId, blobDigest, blobBytes, mediaType);
    }
    return true;
  }

  find(id: Digest): ImageRow | undefined {
    return this.#find.get(id) ?? undefined;
  }

  /** By the beginning of its id, with or without `sha256:`. Undefined also where several have it. */
  findByPrefix(prefix: string): ImageRow | undefined {
    const digits = prefix.replace(/^sha256:/, "");
    if (!/^[0-9a-f]{1,64}$/.test(digits)) return undefined;
    const start = `sha256:${digits}`;
    const [row, another] = this.#byPrefix.all(start, start);
    return another === undefined ? row : undefined;
  }

  list(): readonly ImageRow[] {
    return this.#all.all();
  }

  /** Lowest first. */
  listLayers(id: Digest): readonly ImageLayerRow[] {
    return this.#layers.all(id);
  }

  /** Which layers came as this blob. */
  listBlobUses(blobDigest: Digest): readonly ImageLayerRow[] {
    return this.#blobUse.all(blobDigest);
  }

  /** All blobs that some image has. */
  listBlobs(): readonly Digest[] {
    return this.#blobs.all().map(({ digest }) => digest);
  }

  setLastTagged(id: Digest, at: string): void {
    this.#touch.run(at, id);
  }

  /** Fails while a reference names it. */
  remove(id: Digest): void {
    this.#remove.run(id);
  }
}
