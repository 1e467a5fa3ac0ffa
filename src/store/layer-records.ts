import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";

/** A layer that is unpacked. */
export interface LayerRow {
  /** Names its directory. */
  readonly key: number;
  readonly chainId: Digest;
  readonly diffId: Digest;
  /** The chain id of the layer below. */
  readonly parent: Digest | null;
  readonly sizeBytes: number;
  readonly maxUid: number;
  readonly maxGid: number;
  /** Of the archive that the recipe makes again; null: there is no recipe. */
  readonly tarBytes: number | null;
}

const COLUMNS =
  "key, chain_id AS chainId, diff_id AS diffId, parent, size AS sizeBytes, " +
  "max_uid AS maxUid, max_gid AS maxGid, tar_size AS tarBytes";

const CHAIN = `
  WITH RECURSIVE chain (id, depth) AS (
    SELECT ?, 0
    UNION ALL
    SELECT layers.parent, chain.depth + 1 FROM chain JOIN layers ON layers.chain_id = chain.id
     WHERE layers.parent IS NOT NULL
  )
  SELECT ${COLUMNS} FROM chain JOIN layers ON layers.chain_id = chain.id ORDER BY chain.depth`;

/** What holds a layer: an image, a container's snapshot, or the layer above. */
const USE = `
  SELECT EXISTS (SELECT 1 FROM image_layers WHERE chain_id = layers.chain_id)
      OR EXISTS (SELECT 1 FROM snapshots WHERE chain_id = layers.chain_id)
      OR EXISTS (SELECT 1 FROM layers AS above WHERE above.parent = layers.chain_id)`;

/** The layers table. */
export class LayerTable {
  readonly #insert;
  readonly #find;
  readonly #byDiffId;
  readonly #chain;
  readonly #all;
  readonly #isUsed;
  readonly #unused;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<
      { key: number },
      [string, string, string | null, number, number, number, number | null]
    >(
      "INSERT INTO layers (chain_id, diff_id, parent, size, max_uid, max_gid, tar_size) " +
        "VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING key",
    );
    this.#find = db.query<LayerRow, [string]>(`SELECT ${COLUMNS} FROM layers WHERE chain_id = ?`);
    this.#byDiffId = db.query<LayerRow, [string]>(
      `SELECT ${COLUMNS} FROM layers WHERE diff_id = ? ORDER BY key`,
    );
    this.#chain = db.query<LayerRow, [string]>(CHAIN);
    this.#all = db.query<LayerRow, []>(`SELECT ${COLUMNS} FROM layers ORDER BY key`);
    this.#isUsed = db.query<{ used: number }, [string]>(
      `SELECT (${USE}) AS used FROM layers WHERE chain_id = ?`,
    );
    this.#unused = db.query<LayerRow, []>(`SELECT ${COLUMNS} FROM layers WHERE NOT (${USE})`);
    this.#remove = db.query<void, [string]>("DELETE FROM layers WHERE chain_id = ?");
  }

  /** Returns the layer's key. */
  insert(layer: Omit<LayerRow, "key">): number {
    const { chainId, diffId, parent, sizeBytes, maxUid, maxGid, tarBytes } = layer;
    const row = this.#insert.get(chainId, diffId, parent, sizeBytes, maxUid, maxGid, tarBytes);
    if (row === null) throw new Error("SQLite returned no key for a new layer");
    return row.key;
  }

  find(chainId: Digest): LayerRow | undefined {
    return this.#find.get(chainId) ?? undefined;
  }

  /** Layers of this content; there is one for each chain that has it. */
  listByDiffId(diffId: Digest): readonly LayerRow[] {
    return this.#byDiffId.all(diffId);
  }

  /** The layer and all below it, topmost first; empty where it is not there. */
  listChain(chainId: Digest): readonly LayerRow[] {
    return this.#chain.all(chainId);
  }

  list(): readonly LayerRow[] {
    return this.#all.all();
  }

  /** Those that nothing holds. What is below one of them is held by it. */
  listUnused(): readonly LayerRow[] {
    return this.#unused.all();
  }

  isUsed(chainId: Digest): boolean {
    return this.#isUsed.get(chainId)?.used === 1;
  }

  remove(chainId: Digest): void {
    this.#remove.run(chainId);
  }
}
