import type { Digest } from "../../oci/digest.ts";
import { type ImageConfig, parseImageConfig } from "../../oci/image.ts";
import type { ImageRow } from "../../store/image-records.ts";

// Enough for a list of images not to read them all again each time; some kilobytes each.
const MAX_KEPT = 1000;

const text = new TextDecoder();
const kept = new Map<Digest, ImageConfig>();

/**
 * The configuration of a stored image, which was checked when it came. What was read once is kept: an
 * id is the digest of the bytes, so that they cannot be others the next time.
 */
export function configOf({ id, config }: Pick<ImageRow, "id" | "config">): ImageConfig {
  const known = kept.get(id);
  if (known !== undefined) return known;
  const parsed = parseImageConfig(text.decode(config));
  const [oldest] = kept.keys();
  if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
  kept.set(id, parsed);
  return parsed;
}
