import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";
import { formatReference, parseReference, type Reference } from "../oci/reference.ts";

export interface ImageReferenceRow {
  readonly reference: Reference;
  readonly imageId: Digest;
  /** The manifest or index that it stands for where it comes from or goes to; null: none is known. */
  readonly target: Digest | null;
}

type Stored = Omit<ImageReferenceRow, "reference"> & { readonly name: string };

const COLUMNS = "name, image_id AS imageId, target";

/** The image_references table: which image a name stands for, by tag or by digest. */
export class ImageReferenceTable {
  readonly #set;
  readonly #find;
  readonly #byImage;
  readonly #all;
  readonly #remove;

  constructor(db: Database) {
    this.#set = db.query<void, [string, string, string | null]>(
      "INSERT INTO image_references (name, image_id, target) VALUES (?, ?, ?) " +
        "ON CONFLICT (name) DO UPDATE SET image_id = excluded.image_id, target = excluded.target",
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
  set(reference: Reference, imageId: Digest, target: Digest | null = null): void {
    this.#set.run(formatReference(reference), imageId, target);
  }

  find(reference: Reference): Digest | undefined {
    return this.#find.get(formatReference(reference))?.imageId;
  }

  findRow(reference: Reference): ImageReferenceRow | undefined {
    const stored = this.#find.get(formatReference(reference));
    return stored === null ? undefined : toRow(stored);
  }

  listByImage(imageId: Digest): readonly Reference[] {
    return this.listRowsByImage(imageId).map(({ reference }) => reference);
  }

  listRowsByImage(imageId: Digest): readonly ImageReferenceRow[] {
    return this.#byImage.all(imageId).map(toRow);
  }

  list(): readonly ImageReferenceRow[] {
    return this.#all.all().map(toRow);
  }

  /** No error where it stands for nothing. */
  remove(reference: Reference): void {
    this.#remove.run(formatReference(reference));
  }
}

function toRow({ name, imageId, target }: Stored): ImageReferenceRow {
  return { reference: parseReference(name), imageId, target };
}
