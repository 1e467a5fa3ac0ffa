import type { Digest } from "../../oci/digest.ts";
import type { LayerBlobRow } from "../layer-blob-records.ts";
import type { Store } from "../store.ts";

/** Something that is not as it should be. */
export interface Finding {
  /** What kind of trouble it is, such as `layer-damaged`: docs/storage.md lists them. */
  readonly kind: FindingKind;
  readonly subject: string;
  readonly problem: string;
  /** What the user can do where it is not mended. */
  readonly remedy: string;
  /** Mends it; throws, or tells false, where that turns out not to be possible. */
  readonly mend?: () => boolean | Promise<boolean>;
}

export type FindingKind =
  | "database-damaged"
  | "reference-broken"
  | "image-layers-broken"
  | "manifest-link-broken"
  | "id-range-abandoned"
  | "layer-missing"
  | "layer-damaged"
  | "recipe-missing"
  | "layer-unused"
  | "layer-orphaned"
  | "archive-missing"
  | "archive-damaged"
  | "archive-orphaned"
  | "download-stale"
  | "image-damaged"
  | "image-layers-wrong"
  | "manifest-damaged"
  | "manifest-unused"
  | "snapshot-abandoned"
  | "snapshot-missing"
  | "snapshot-layers-missing"
  | "container-files-missing"
  | "container-orphaned"
  | "volume-missing"
  | "volume-orphaned"
  | "temporary-left"
  | "mount-left";

/** An archive on the disk that somebody fetched; it goes when it is let go. */
export interface FetchedArchive extends AsyncDisposable {
  readonly path: string;
}

/** What a check looks at. It runs beside all other work, so what is in use is left alone. */
export interface CheckContext {
  readonly store: Store;
  /** Contents are read too, not just names and sizes. */
  readonly isDeep: boolean;
  /** Whether a container is whole, and not just being made. */
  readonly isMade: (containerId: string) => boolean;
  readonly isRunning: (containerId: string) => boolean;
  /** Gets a layer's archive from where it came from; undefined: it is not to be had. */
  readonly fetchLayer?: (
    diffId: Digest,
    archives: readonly LayerBlobRow[],
  ) => Promise<FetchedArchive | undefined>;
}

/**
 * One check. What it compares it reads without a pause in between: rows and files change together, so
 * that nobody sees the one without the other.
 */
export type Check = (context: CheckContext) => Iterable<Finding> | AsyncIterable<Finding>;
