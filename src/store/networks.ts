import type { Database } from "bun:sqlite";

export interface NetworkRow {
  readonly id: string;
  readonly name: string;
  /** The engine's own JSON. */
  readonly document: string;
}

const COLUMNS = "id, name, document";

/** The networks table: those that users made. */
export class NetworkTable {
  readonly #insert;
  readonly #all;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string, string]>(
      "INSERT INTO networks (id, name, document) VALUES (?, ?, ?)",
    );
    this.#all = db.query<NetworkRow, []>(`SELECT ${COLUMNS} FROM networks ORDER BY name`);
    this.#remove = db.query<void, [string]>("DELETE FROM networks WHERE id = ?");
  }

  insert({ id, name, document }: NetworkRow): void {
    this.#insert.run(id, name, document);
  }

  /** By name. */
  list(): readonly NetworkRow[] {
    return this.#all.all();
  }

  /** No error where it is gone. */
  remove(id: string): void {
    this.#remove.run(id);
  }
}
