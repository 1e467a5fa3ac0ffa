import type { Database } from "bun:sqlite";
import { EngineError } from "../base/errors.ts";

export interface VolumeRow {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt: string;
  /** Made for one container, and removed with it when asked. */
  readonly anonymous: boolean;
}

interface Stored {
  readonly name: string;
  readonly labels: string;
  readonly createdAt: string;
  readonly anonymous: number;
}

const COLUMNS = "name, labels, created_at AS createdAt, anonymous";

/** The volumes table. */
export class VolumeTable {
  readonly #insert;
  readonly #byName;
  readonly #all;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string, string, number]>(
      "INSERT INTO volumes (name, labels, created_at, anonymous) VALUES (?, ?, ?, ?) " +
        "ON CONFLICT (name) DO NOTHING",
    );
    this.#byName = db.query<Stored, [string]>(`SELECT ${COLUMNS} FROM volumes WHERE name = ?`);
    this.#all = db.query<Stored, []>(`SELECT ${COLUMNS} FROM volumes ORDER BY name`);
    this.#remove = db.query<void, [string]>("DELETE FROM volumes WHERE name = ?");
  }

  insert({ name, labels, createdAt, anonymous }: VolumeRow): void {
    const { changes } = this.#insert.run(
      name,
      JSON.stringify(labels),
      createdAt,
      Number(anonymous),
    );
    if (changes === 0) throw new EngineError("conflict", `Volume "${name}" already exists`);
  }

  find(name: string): VolumeRow | undefined {
    const stored = this.#byName.get(name);
    return stored === null ? undefined : fromStored(stored);
  }

  get(name: string): VolumeRow {
    const row = this.find(name);
    if (row === undefined) throw new EngineError("not-found", `get ${name}: no such volume`);
    return row;
  }

  /** By name. */
  list(): readonly VolumeRow[] {
    return this.#all.all().map(fromStored);
  }

  remove(name: string): void {
    const { changes } = this.#remove.run(name);
    if (changes === 0) throw new EngineError("not-found", `get ${name}: no such volume`);
  }
}

function fromStored({ name, labels, createdAt, anonymous }: Stored): VolumeRow {
  return { name, labels: JSON.parse(labels), createdAt, anonymous: anonymous !== 0 };
}
