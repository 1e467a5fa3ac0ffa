import type { Filters } from "./filters.ts";

export interface Images {
  list(query: { readonly all: boolean; readonly filters: Filters }): Promise<readonly ImageView[]>;
  get(ref: string): Promise<ImageView>;
  history(ref: string): Promise<readonly HistoryView[]>;
  /** `target` is `repository[:tag]`. */
  tag(ref: string, target: string): Promise<void>;
  remove(
    ref: string,
    options: { force: boolean; prune: boolean },
  ): Promise<readonly ImageRemoval[]>;
  /** Makes an image of one layer from a tar, plain or compressed; returns its id. */
  import(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string>;
  /** Yields the lines that Docker's load shows, such as `Loaded image: x:latest`. */
  load(archive: AsyncIterable<Uint8Array>): AsyncIterable<string>;
  /** Checks the names first; the archive serves docker-archive and OCI layout readers alike. */
  save(refs: readonly string[]): Promise<AsyncIterable<Uint8Array>>;
  prune(
    filters: Filters,
  ): Promise<{ readonly removed: readonly ImageRemoval[]; readonly reclaimedBytes: number }>;
}

export interface ImportOptions {
  /** `repository[:tag]`, or empty for an image with no name. */
  readonly target: string;
  /** Dockerfile lines: CMD, ENTRYPOINT, ENV, EXPOSE, USER, VOLUME, WORKDIR, LABEL, STOPSIGNAL … */
  readonly changes: readonly string[];
  readonly message: string;
  readonly platform?: string;
}

export interface ImageView {
  /** `sha256:…` of the configuration. */
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly parent: string;
  readonly comment: string;
  readonly author: string;
  readonly createdAt: string;
  readonly architecture: string;
  readonly variant: string;
  readonly os: string;
  readonly sizeBytes: number;
  readonly layers: readonly string[];
  readonly config: ImageRuntimeConfig;
  readonly lastTaggedAt: string;
  /** Containers that use it. */
  readonly containers: number;
}

/** The `config` of an image, in our own names. */
export interface ImageRuntimeConfig {
  readonly user: string;
  readonly exposedPorts: readonly string[];
  readonly env: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly volumes: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal: string;
  readonly shell?: readonly string[];
  readonly onBuild?: readonly string[];
  /** Docker's JSON as it stands in the image; only shown back. */
  readonly healthcheck?: unknown;
}

export interface HistoryView {
  readonly id: string;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly comment: string;
}

export type ImageRemoval = { readonly untagged: string } | { readonly deleted: string };
