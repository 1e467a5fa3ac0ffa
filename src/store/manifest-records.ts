import type { Database } from "bun:sqlite";
import type { Digest } from "../oci/digest.ts";

/** A manifest or an index, as a registry has it. */
export interface ManifestRow {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Byte for byte. */
  readonly content: Uint8Array;
}

const COLUMNS = "digest, media_type AS mediaType, content";

/** The manifests table, and which images each describes. */
export class ManifestTable {
  readonly #insert;
  readonly #link;
  readonly #find;
  readonly #byImage;
  readonly #imagesOf;
  readonly #all;
  readonly #unlink;
  readonly #remove;
  readonly #removeUnused;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string, Uint8Array]>(
      "INSERT INTO manifests (digest, media_type, content) VALUES (?, ?, ?) " +
        "ON CONFLICT (digest) DO NOTHING",
    );
    this.#link = db.query<void, [string, string]>(
      "INSERT INTO image_manifests (image_id, digest) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    this.#find = db.query<ManifestRow, [string]>(
      `SELECT ${COLUMNS} FROM manifests WHERE digest = ?`,
    );
    this.#byImage = db.query<ManifestRow, [string]>(
      `SELECT ${COLUMNS} FROM manifests JOIN image_manifests USING (digest)
        WHERE image_id = ? ORDER BY manifests.rowid DESC`,
    );
    this.#imagesOf = db.query<{ imageId: Digest }, [string]>(
      "SELECT image_id AS imageId FROM image_manifests WHERE digest = ? ORDER BY image_id",
    );
    this.#all = db.query<ManifestRow, []>(`SELECT ${COLUMNS} FROM manifests ORDER BY digest`);
    this.#unlink = db.query<void, [string]>("DELETE FROM image_manifests WHERE digest = ?");
    this.#remove = db.query<void, [string]>("DELETE FROM manifests WHERE digest = ?");
    this.#removeUnused = db.query<void, []>(
      "DELETE FROM manifests WHERE digest NOT IN (SELECT digest FROM image_manifests)",
    );
  }

  /** Notes that an image that is stored is described by this; for an index, that it is one of its images. */
  add(imageId: Digest, { digest, mediaType, content }: ManifestRow): void {
    this.#insert.run(digest, mediaType, content);
    this.#link.run(imageId, digest);
  }

  find(digest: Digest): ManifestRow | undefined {
    return this.#find.get(digest) ?? undefined;
  }

  /** What describes an image, the newest first. */
  listByImage(imageId: Digest): readonly ManifestRow[] {
    return this.#byImage.all(imageId);
  }

  /** The images that a manifest or an index describes, as far as they are here. */
  listImages(digest: Digest): readonly Digest[] {
    return this.#imagesOf.all(digest).map(({ imageId }) => imageId);
  }

  list(): readonly ManifestRow[] {
    return this.#all.all();
  }

  /** Forgets one, whatever it describes. To be called in a transaction. */
  remove(digest: Digest): void {
    this.#unlink.run(digest);
    this.#remove.run(digest);
  }

  /** Forgets those that describe no image that is here. */
  removeUnused(): void {
    this.#removeUnused.run();
  }
}
