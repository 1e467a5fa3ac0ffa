import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";

export interface SnapshotRow {
  /** The container's id. */
  readonly id: string;
  /** The topmost layer below it; null for an image without layers. */
  readonly chainId: Digest | null;
  /** The host's id for the container's root. */
  readonly ownerHostId: number;
}

const COLUMNS = "id, chain_id AS chainId, owner_host_id AS ownerHostId";

/** The snapshots table. */
export class SnapshotTable {
  readonly #insert;
  readonly #find;
  readonly #abandoned;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string | null, number]>(
      "INSERT INTO snapshots (id, chain_id, owner_host_id) VALUES (?, ?, ?)",
    );
    this.#find = db.query<SnapshotRow, [string]>(`SELECT ${COLUMNS} FROM snapshots WHERE id = ?`);
    this.#abandoned = db.query<SnapshotRow, []>(
      `SELECT ${COLUMNS} FROM snapshots WHERE id NOT IN (SELECT id FROM containers)`,
    );
    this.#remove = db.query<void, [string]>("DELETE FROM snapshots WHERE id = ?");
  }

  insert({ id, chainId, ownerHostId }: SnapshotRow): void {
    this.#insert.run(id, chainId, ownerHostId);
  }

  find(id: string): SnapshotRow | undefined {
    return this.#find.get(id) ?? undefined;
  }

  /** Those whose container is not there. */
  listAbandoned(): readonly SnapshotRow[] {
    return this.#abandoned.all();
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}
