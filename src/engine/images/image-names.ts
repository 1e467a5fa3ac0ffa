import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import type { Digest } from "../../oci/digest.ts";
import {
  familiarRepository,
  parseReference,
  type Reference,
  withDefaultTag,
} from "../../oci/reference.ts";
import type { Store } from "../../store/store.ts";

/** Reads the name that an image is to get, which must have no digest. */
export function parseNewName(target: string): Reference {
  const reference = parseReference(target);
  if (reference.digest !== undefined) {
    throw new EngineError("invalid", "refusing to create a tag with a digest reference");
  }
  if (familiarRepository(reference) === "sha256") {
    throw new EngineError(
      "invalid",
      "refusing to create an ambiguous tag using digest algorithm as name",
    );
  }
  return withDefaultTag(reference);
}

/** What a name is to stand for. */
export interface NameTarget {
  readonly id: Digest;
  /** The manifest or index that it stands for at its registry. */
  readonly target?: Digest | null | undefined;
}

/** Gives an image a name; returns the other image that had it. */
export function setName(
  { images, references }: Pick<Store, "images" | "references">,
  name: Reference,
  { id, target = null }: NameTarget,
): Digest | undefined {
  const before = references.find(name);
  references.set(name, id, target);
  images.setLastTagged(id, formatTime(nowNs()));
  return before === id ? undefined : before;
}
