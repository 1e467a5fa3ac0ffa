import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";
import { formatReference, parseReference, type Reference } from "../oci/reference.ts";

export interface ImageReferenceRow {
  readonly reference: Reference;
  readonly imageId: Digest;
}

interface Stored {
  readonly name: string;
  readonly imageId: Digest;
}

const COLUMNS = "name, image_id AS imageId";

/** The image_references table: which image a name stands for, by tag or by digest. */
export class ImageReferenceTable {
  readonly #set;
  readonly #find;
  readonly #byImage;
  readonly #all;
  readonly #remove;

  constructor(db: Database) {
    this.#set = db.query<void, [string, string]>(
      "INSERT INTO image_references (name, image_id) VALUES (?, ?) " +
        "ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id",
    );
    this.#find = db.query<Stored, [string]>(
      `SELECT ${COLUMNS} FROM image_references WHERE name = ?`,
    );
    this.#byImage = db.query<Stored, [string]>(
      `SELECT ${COLUMNS} FROM image_references WHERE image_id = ? ORDER BY name`,
    );
    this.#all = db.query<Stored, []>(`SELECT ${COLUMNS} FROM image_references ORDER BY name`);
    this.#remove = db.query<void, [string]>("DELETE FROM image_references WHERE name = ?");
  }

  /** Makes the name stand for this image, whatever it stood for. */
  set(reference: Reference, imageId: Digest): void {
    this.#set.run(formatReference(reference), imageId);
  }

  find(reference: Reference): Digest | undefined {
    return this.#find.get(formatReference(reference))?.imageId;
  }

  listByImage(imageId: Digest): readonly Reference[] {
    return this.#byImage.all(imageId).map(({ name }) => parseReference(name));
  }

  list(): readonly ImageReferenceRow[] {
    return this.#all
      .all()
      .map(({ name, imageId }) => ({ reference: parseReference(name), imageId }));
  }

  /** No error where it stands for nothing. */
  remove(reference: Reference): void {
    this.#remove.run(formatReference(reference));
  }
}
