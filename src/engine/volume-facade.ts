import type { Filters } from "./filters.ts";

/** What the API asks of volumes. */
export interface Volumes {
  /** Returns the volume of that name where there is one already, however it was made, as Docker does. */
  create(request: VolumeRequest): Promise<VolumeView>;
  list(filters: Filters): Promise<readonly VolumeView[]>;
  get(name: string): Promise<VolumeView>;
  /** Refuses one that a container has, as a conflict. `force`: no error where there is none. */
  remove(name: string, options: { readonly force: boolean }): Promise<void>;
  /** Removes those that no container has: the anonymous ones only, unless the filter `all` is true. */
  prune(filters: Filters): Promise<{
    readonly deleted: readonly string[];
    readonly reclaimedBytes: number;
  }>;
  /** Checks first; then an archive comes of what is there, with names from the path's last part on. */
  export(place: VolumePlace): Promise<AsyncIterable<Uint8Array>>;
  /** Unpacks an archive, which may be compressed, into a directory that is there. */
  import(place: VolumePlace, archive: AsyncIterable<Uint8Array>): Promise<void>;
}

/** A place in a volume, by a path from its top; empty: all of it. */
export interface VolumePlace {
  readonly name: string;
  readonly path: string;
}

export interface VolumeRequest {
  /** Empty: an anonymous one, with a name of 64 hex digits. */
  readonly name: string;
  /** Of the driver `local`: `type`, `o`, `device`, `size`. */
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface VolumeView {
  readonly name: string;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly mountpoint: string;
  readonly options: Readonly<Record<string, string>>;
  /** An anonymous one has {@link ANONYMOUS_LABEL}. */
  readonly labels: Readonly<Record<string, string>>;
}

/** By which Docker's clients know a volume that was made without a name. */
export const ANONYMOUS_LABEL = "com.docker.volume.anonymous";
