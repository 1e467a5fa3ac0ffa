import type { Database } from "bun:sqlite";
import { EngineError } from "../base/errors.ts";

/** A container as it is stored. The columns are what is searched by; the document is all the rest. */
export interface ContainerRow {
  /** 64 hex digits. */
  readonly id: string;
  /** Without a slash before it. */
  readonly name: string;
  readonly imageId: string;
  /** RFC 3339 with nanoseconds: its order as text is the order in time. */
  readonly createdAt: string;
  readonly status: string;
  /** JSON; the table does not look inside. */
  readonly document: string;
}

const COLUMNS =
  "id, name, containers.image_id AS imageId, created_at AS createdAt, status, document";

/** The containers table. */
export class ContainerTable {
  readonly #insert;
  readonly #update;
  readonly #remove;
  readonly #byId;
  readonly #byName;
  readonly #byPrefix;
  readonly #byImage;
  readonly #mount;
  readonly #byMounted;
  readonly #all;
  readonly #images;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string, string, string, string, string]>(
      "INSERT INTO containers (id, name, image_id, created_at, status, document) " +
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
    );
    this.#update = db.query<void, [string, string, string, string, string]>(
      "UPDATE OR IGNORE containers SET name = ?, image_id = ?, status = ?, document = ? WHERE id = ?",
    );
    this.#remove = db.query<void, [string]>("DELETE FROM containers WHERE id = ?");
    this.#byId = select(db, "WHERE id = ?");
    this.#byName = select(db, "WHERE name = ?");
    // A range, so that the primary key's index serves it. Ids are hex digits, which sort before "~".
    this.#byPrefix = db.query<ContainerRow, [string, string]>(
      `SELECT ${COLUMNS} FROM containers WHERE id >= ? AND id < ? || '~' LIMIT 2`,
    );
    this.#byImage = select(db, "WHERE image_id = ? ORDER BY created_at DESC");
    this.#mount = db.query<void, [string, string]>(
      "INSERT OR IGNORE INTO mounted_images (container_id, image_id) VALUES (?, ?)",
    );
    this.#byMounted = select(
      db,
      "JOIN mounted_images ON container_id = id WHERE mounted_images.image_id = ?",
    );
    this.#all = db.query<ContainerRow, []>(
      `SELECT ${COLUMNS} FROM containers ORDER BY created_at DESC, id`,
    );
    this.#images = db.query<Pick<ContainerRow, "id" | "imageId">, []>(
      "SELECT id, image_id AS imageId FROM containers ORDER BY created_at DESC, id",
    );
  }

  insert(row: ContainerRow): void {
    const { id, name, imageId, createdAt, status, document } = row;
    const { changes } = this.#insert.run(id, name, imageId, createdAt, status, document);
    if (changes === 0) throw this.#nameInUse(name);
  }

  /** Finds by id, by name (with or without a slash before it), or by a unique prefix of the id. */
  find(ref: string): ContainerRow | undefined {
    if (ref === "") throw new EngineError("invalid", "No container name or ID supplied");
    const exact = this.findById(ref) ?? this.findByName(ref.replace(/^\//, ""));
    if (exact !== undefined) return exact;

    const [row, another] = this.#byPrefix.all(ref, ref);
    if (another !== undefined) {
      throw new EngineError("invalid", `Multiple IDs found with provided prefix: ${ref}`);
    }
    return row;
  }

  get(ref: string): ContainerRow {
    const row = this.find(ref);
    if (row === undefined) throw new EngineError("not-found", `No such container: ${ref}`);
    return row;
  }

  findById(id: string): ContainerRow | undefined {
    return this.#byId.get(id) ?? undefined;
  }

  findByName(name: string): ContainerRow | undefined {
    return this.#byName.get(name) ?? undefined;
  }

  /** Newest first. */
  list(): readonly ContainerRow[] {
    return this.#all.all();
  }

  /** Which image each is of, newest first. */
  listImages(): readonly Pick<ContainerRow, "id" | "imageId">[] {
    return this.#images.all();
  }

  /** Newest first. */
  listByImage(imageId: string): readonly ContainerRow[] {
    return this.#byImage.all(imageId);
  }

  /** Notes that a container mounts an image, which stays as long as the container does. */
  addMountedImage(id: string, imageId: string): void {
    this.#mount.run(id, imageId);
  }

  /** Those that mount an image beside their own. */
  listByMountedImage(imageId: string): readonly ContainerRow[] {
    return this.#byMounted.all(imageId);
  }

  /** Stores all of the row but its id and time; fails when it is gone or its new name is taken. */
  update({ id, name, imageId, status, document }: ContainerRow): void {
    const { changes } = this.#update.run(name, imageId, status, document, id);
    if (changes > 0) return;
    if (this.findById(id) === undefined) {
      throw new EngineError("not-found", `No such container: ${id}`);
    }
    throw this.#nameInUse(name);
  }

  remove(id: string): void {
    const { changes } = this.#remove.run(id);
    if (changes === 0) throw new EngineError("not-found", `No such container: ${id}`);
  }

  #nameInUse(name: string): EngineError {
    const holder = this.findByName(name)?.id ?? "";
    return new EngineError(
      "conflict",
      `Conflict. The container name "/${name}" is already in use by container "${holder}". ` +
        "You have to remove (or rename) that container to be able to reuse that name.",
    );
  }
}

function select(db: Database, condition: string) {
  return db.query<ContainerRow, [string]>(`SELECT ${COLUMNS} FROM containers ${condition}`);
}
