import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";
import type { StorageDriver } from "./storage-driver.ts";

export interface SnapshotRow {
  /** The container's id. */
  readonly id: string;
  /** The topmost layer below it; null for an image without layers. */
  readonly chainId: Digest | null;
  /** The host's id for the container's root. */
  readonly ownerHostId: number;
  /** How it was made, whatever the driver of new ones is. */
  readonly driver: StorageDriver;
  /** The project whose quota limits its size; null: nothing does. */
  readonly projectId: number | null;
}

const COLUMNS =
  "id, chain_id AS chainId, owner_host_id AS ownerHostId, driver, project_id AS projectId";

/** The snapshots table. */
export class SnapshotTable {
  readonly #insert;
  readonly #find;
  readonly #abandoned;
  readonly #hasProject;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string | null, number, string, number | null]>(
      `INSERT INTO snapshots (id, chain_id, owner_host_id, driver, project_id)
       VALUES (?, ?, ?, ?, ?)`,
    );
    this.#find = db.query<SnapshotRow, [string]>(`SELECT ${COLUMNS} FROM snapshots WHERE id = ?`);
    this.#abandoned = db.query<SnapshotRow, []>(
      `SELECT ${COLUMNS} FROM snapshots WHERE id NOT IN (SELECT id FROM containers)`,
    );
    this.#hasProject = db.query<unknown, [number]>("SELECT 1 FROM snapshots WHERE project_id = ?");
    this.#remove = db.query<void, [string]>("DELETE FROM snapshots WHERE id = ?");
  }

  insert({ id, chainId, ownerHostId, driver, projectId }: SnapshotRow): void {
    this.#insert.run(id, chainId, ownerHostId, driver, projectId);
  }

  find(id: string): SnapshotRow | undefined {
    return this.#find.get(id) ?? undefined;
  }

  /** Those whose container is not there. */
  listAbandoned(): readonly SnapshotRow[] {
    return this.#abandoned.all();
  }

  hasProject(projectId: number): boolean {
    return this.#hasProject.get(projectId) !== null;
  }

  remove(id: string): void {
    this.#remove.run(id);
  }
}
