import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";
import type { Compression } from "./compression.ts";

/** An archive that was seen to unpack to a layer. */
export interface LayerBlobRow {
  readonly digest: Digest;
  readonly diffId: Digest;
  readonly sizeBytes: number;
  readonly compression: Compression;
}

const COLUMNS = "digest, diff_id AS diffId, size AS sizeBytes, compression";

/** The layer_blobs table: which archives stand for which layers. */
export class LayerBlobTable {
  readonly #insert;
  readonly #find;
  readonly #byLayer;
  readonly #removeUnused;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string, number, string]>(
      "INSERT INTO layer_blobs (digest, diff_id, size, compression) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (digest) DO NOTHING",
    );
    this.#find = db.query<LayerBlobRow, [string]>(
      `SELECT ${COLUMNS} FROM layer_blobs WHERE digest = ?`,
    );
    this.#byLayer = db.query<LayerBlobRow, [string]>(
      `SELECT ${COLUMNS} FROM layer_blobs WHERE diff_id = ? ORDER BY digest`,
    );
    this.#removeUnused = db.query<{ digest: Digest }, []>(
      "DELETE FROM layer_blobs WHERE diff_id NOT IN (SELECT diff_id FROM layers) RETURNING digest",
    );
  }

  insert({ digest, diffId, sizeBytes, compression }: LayerBlobRow): void {
    this.#insert.run(digest, diffId, sizeBytes, compression);
  }

  find(digest: Digest): LayerBlobRow | undefined {
    return this.#find.get(digest) ?? undefined;
  }

  listByLayer(diffId: Digest): readonly LayerBlobRow[] {
    return this.#byLayer.all(diffId);
  }

  /** Forgets those of layers that are not there any more, and tells which. */
  removeUnused(): readonly Digest[] {
    return this.#removeUnused.all().map(({ digest }) => digest);
  }
}
