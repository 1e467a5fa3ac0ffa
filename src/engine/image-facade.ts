import type { Platform } from "../oci/platform.ts";
import type { Filters } from "./filters.ts";

export interface Images {
  list(query: ImageQuery): Promise<readonly ImageView[]>;
  get(ref: string, options?: ImageChoice & { readonly manifests?: boolean }): Promise<ImageView>;
  history(ref: string, options?: ImageChoice): Promise<readonly HistoryView[]>;
  /** `target` is `repository[:tag]`. */
  tag(ref: string, target: string): Promise<void>;
  remove(
    ref: string,
    options: { force: boolean; prune: boolean; platforms?: readonly Platform[] },
  ): Promise<readonly ImageRemoval[]>;
  /** Makes an image of one layer from a tar, plain or compressed; returns its id. */
  import(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<string>;
  /** Yields the lines that Docker's load shows, such as `Loaded image: x:latest`. */
  load(archive: AsyncIterable<Uint8Array>, options?: ImageChoice): AsyncIterable<string>;
  /** Checks the names first; the archive serves docker-archive and OCI layout readers alike. */
  save(refs: readonly string[], options?: ImageChoice): Promise<AsyncIterable<Uint8Array>>;
  prune(
    filters: Filters,
  ): Promise<{ readonly removed: readonly ImageRemoval[]; readonly reclaimedBytes: number }>;
}

export interface ImageQuery {
  readonly all: boolean;
  readonly filters: Filters;
  readonly sharedSize?: boolean;
  readonly manifests?: boolean;
}

/** Which of the images that a name stands for is meant: it must be for this platform. */
export interface ImageChoice {
  readonly platform?: Platform | undefined;
}

export interface ImportOptions {
  /** `repository[:tag]`, or empty for an image with no name. */
  readonly target: string;
  /** Dockerfile lines: CMD, ENTRYPOINT, ENV, EXPOSE, USER, VOLUME, WORKDIR, LABEL, STOPSIGNAL … */
  readonly changes: readonly string[];
  readonly message: string;
  readonly platform?: string;
  /** Where the archive comes from, for the image's comment; undefined: from the client. */
  readonly source?: string;
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
  /** Of the layers that other images have too; undefined: it was not asked for. */
  readonly sharedBytes?: number;
  /** What it is at a registry, where that is known. */
  readonly descriptor?: DescriptorView | undefined;
  readonly manifests?: readonly ManifestView[];
  /** The directories of its layers, topmost first; undefined in a list. */
  readonly directories?: readonly string[];
}

/** How a registry names a thing. */
export interface DescriptorView {
  readonly mediaType: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly platform?: Platform | undefined;
}

/** A manifest that an image came with. */
export type ManifestView = {
  readonly descriptor: DescriptorView;
  /** All that it names can be had here. */
  readonly isAvailable: boolean;
  /** Of what is here in the form that a registry has. */
  readonly contentBytes: number;
} & (
  | {
      readonly kind: "image";
      readonly platform: Platform;
      readonly containers: readonly string[];
      readonly unpackedBytes: number;
    }
  | { readonly kind: "attestation"; readonly attests: string }
  | { readonly kind: "unknown" }
);

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
  /** Docker's JSON as it stands in the image. */
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
