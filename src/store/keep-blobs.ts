import type { Compression } from "./compression.ts";

/**
 * Which archives of layers are kept beside their files. "auto": those that could not be had again,
 * byte for byte; "always": all; "never": only those whose layer could not even be saved without them.
 */
export type KeepBlobs = "auto" | "always" | "never";

/** What decides whether an archive is kept. */
export interface BlobOffer {
  readonly compression: Compression;
  /** The layer's recipe makes its plain archive again. */
  readonly isRebuildable: boolean;
  /** A registry is known to have it. */
  readonly isFetchable: boolean;
}

export function isKept(
  choice: KeepBlobs,
  { compression, isRebuildable, isFetchable }: BlobOffer,
): boolean {
  if (choice === "always" || !isRebuildable) return true;
  // No compressor promises to give the same bytes another time.
  return choice === "auto" && compression !== "none" && !isFetchable;
}
