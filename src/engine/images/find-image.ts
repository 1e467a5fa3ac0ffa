import { EngineError } from "../../base/errors.ts";
import { type Digest, parseDigest } from "../../oci/digest.ts";
import {
  familiarReference,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../oci/reference.ts";
import type { ImageRow } from "../../store/image-records.ts";
import type { Store } from "../../store/store.ts";

/** The part of the store that images are found in. */
export type ImageTables = Pick<Store, "images" | "references">;

const WHOLE_ID = /^(?:sha256:)?([0-9a-f]{64})$/;

/** Finds an image by its id or the beginning of it, by a name, or by a name with a digest. */
export function findImage({ images, references }: ImageTables, ref: string): ImageRow | undefined {
  const [, digits] = WHOLE_ID.exec(ref) ?? [];
  if (digits !== undefined) return images.find(parseDigest(`sha256:${digits}`));
  // A name comes before the beginning of an id: "cafe" is both.
  const named = references.find(withDefaultTag(parseReference(ref)));
  return named === undefined ? images.findByPrefix(ref) : images.find(named);
}

/** As findImage(); not to find it is an error with Docker's text. */
export function getImage(tables: ImageTables, ref: string): ImageRow {
  const image = findImage(tables, ref);
  if (image === undefined) throw new EngineError("not-found", `No such image: ${completed(ref)}`);
  return image;
}

/** What the name that an image is found by stands for at its registry; null for an id. */
export function findTarget({ references }: ImageTables, ref: string): Digest | null {
  if (WHOLE_ID.test(ref)) return null;
  return references.findRow(withDefaultTag(parseReference(ref)))?.target ?? null;
}

/** Whether the user wrote this image's id, or the beginning of it, and not a name. */
export function isIdPrefix({ id }: Pick<ImageRow, "id">, ref: string): boolean {
  return id.startsWith(ref) || id.slice("sha256:".length).startsWith(ref);
}

/** The names of an image: those with a tag, and those with a digest. */
export function splitNames(names: readonly Reference[]) {
  return {
    tags: names.filter(({ digest }) => digest === undefined),
    digests: names.filter(({ digest }) => digest !== undefined),
  };
}

function completed(ref: string): string {
  const [, digits] = WHOLE_ID.exec(ref) ?? [];
  if (digits !== undefined) return `sha256:${digits}`;
  return familiarReference(withDefaultTag(parseReference(ref)));
}
