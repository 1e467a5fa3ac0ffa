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

/** That a layer is one of an image's. */
export interface ImageLayerRow {
  readonly imageId: Digest;
  readonly chainId: Digest;
}

const COLUMNS = "id, config, created_at AS createdAt, last_tagged_at AS lastTaggedAt";

/** The images table, with the layers of each. */
export class ImageTable {
  readonly #insert;
  readonly #insertLayer;
  readonly #find;
  readonly #byPrefix;
  readonly #all;
  readonly #layers;
  readonly #allLayers;
  readonly #touch;
  readonly #removeLayers;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, Uint8Array, string, string]>(
      "INSERT INTO images (id, config, created_at, last_tagged_at) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (id) DO NOTHING",
    );
    this.#insertLayer = db.query<void, [string, number, string]>(
      "INSERT INTO image_layers (image_id, position, chain_id) VALUES (?, ?, ?)",
    );
    this.#find = db.query<ImageRow, [string]>(`SELECT ${COLUMNS} FROM images WHERE id = ?`);
    this.#byPrefix = db.query<ImageRow, [string, string]>(
      `SELECT ${COLUMNS} FROM images WHERE id >= ? AND id < ? || '~' LIMIT 2`,
    );
    this.#all = db.query<ImageRow, []>(`SELECT ${COLUMNS} FROM images ORDER BY id`);
    this.#layers = db.query<{ chainId: Digest }, [string]>(
      "SELECT chain_id AS chainId FROM image_layers WHERE image_id = ? ORDER BY position",
    );
    this.#allLayers = db.query<ImageLayerRow, []>(
      "SELECT image_id AS imageId, chain_id AS chainId FROM image_layers ORDER BY image_id, position",
    );
    this.#touch = db.query<void, [string, string]>(
      "UPDATE images SET last_tagged_at = ? WHERE id = ?",
    );
    this.#removeLayers = db.query<void, [string]>("DELETE FROM image_layers WHERE image_id = ?");
    this.#remove = db.query<void, [string]>("DELETE FROM images WHERE id = ?");
  }

  /** Stores an image whose layers, lowest first, are stored. False: it is there already. */
  insert(image: ImageRow, chainIds: readonly Digest[]): boolean {
    const { id, config, createdAt, lastTaggedAt } = image;
    if (this.#insert.run(id, config, createdAt, lastTaggedAt).changes === 0) return false;
    this.setLayers(id, chainIds);
    return true;
  }

  /** Notes which layers, lowest first, an image has. To be called in a transaction. */
  setLayers(id: Digest, chainIds: readonly Digest[]): void {
    this.#removeLayers.run(id);
    for (const [position, chainId] of chainIds.entries()) {
      this.#insertLayer.run(id, position, chainId);
    }
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

  /** The chain ids of its layers, lowest first. */
  listLayers(id: Digest): readonly Digest[] {
    return this.#layers.all(id).map(({ chainId }) => chainId);
  }

  /** Those of all images. */
  listAllLayers(): readonly ImageLayerRow[] {
    return this.#allLayers.all();
  }

  setLastTagged(id: Digest, at: string): void {
    this.#touch.run(at, id);
  }

  /** Fails while a reference names it. */
  remove(id: Digest): void {
    this.#remove.run(id);
  }
}
