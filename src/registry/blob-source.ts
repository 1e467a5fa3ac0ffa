import type { Digest } from "../oci/digest.ts";

/** A blob that may have to be read again. */
export interface BlobSource {
  /** Where it is known the blob goes in one request, and its digest is asked for first. */
  readonly sizeBytes?: number;
  /** Where the size is not known, asked once open(0) was read to its end. */
  digest(): Digest;
  open(offset: number): AsyncIterable<Uint8Array>;
}

/** Told how many bytes of the blob have been sent; the number falls where a transfer begins again. */
export type UploadProgress = (sentBytes: number) => void;
