import type { Database } from "bun:sqlite";
import { EngineError } from "../base/errors.ts";

export interface VolumeRow {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of its driver. */
  readonly options: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly createdAt: string;
  /** It was made without a name, and is removed with its container when asked. */
  readonly anonymous: boolean;
  /** The quota project of its files; null: its size is not limited. */
  readonly projectId: number | null;
}

interface Stored {
  readonly name: string;
  readonly labels: string;
  readonly options: string;
  readonly createdAt: string;
  readonly anonymous: number;
  readonly projectId: number | null;
}

const COLUMNS =
  "name, labels, options, created_at AS createdAt, anonymous, project_id AS projectId";

type Values = [string, string, string, string, number, number | null];

/** The volumes table. */
export class VolumeTable {
  readonly #insert;
  readonly #byName;
  readonly #byProject;
  readonly #all;
  readonly #remove;

  constructor(db: Database) {
    this.#insert = db.query<void, Values>(
      "INSERT INTO volumes (name, labels, options, created_at, anonymous, project_id) " +
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
    );
    this.#byName = db.query<Stored, [string]>(`SELECT ${COLUMNS} FROM volumes WHERE name = ?`);
    this.#byProject = db.query<Stored, [number]>(
      `SELECT ${COLUMNS} FROM volumes WHERE project_id = ?`,
    );
    this.#all = db.query<Stored, []>(`SELECT ${COLUMNS} FROM volumes ORDER BY name`);
    this.#remove = db.query<void, [string]>("DELETE FROM volumes WHERE name = ?");
  }

  insert({ name, labels, options, createdAt, anonymous, projectId }: VolumeRow): void {
    const texts = [JSON.stringify(labels), JSON.stringify(options), createdAt] as const;
    const { changes } = this.#insert.run(name, ...texts, Number(anonymous), projectId);
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

  hasProject(projectId: number): boolean {
    return this.#byProject.get(projectId) !== null;
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

function fromStored({ labels, options, anonymous, ...rest }: Stored): VolumeRow {
  return {
    ...rest,
    labels: JSON.parse(labels),
    options: JSON.parse(options),
    anonymous: anonymous !== 0,
  };
}
