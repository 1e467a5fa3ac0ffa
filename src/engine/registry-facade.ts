import type { Credentials } from "../registry/credentials.ts";
import type { SearchResult } from "../registry/search.ts";
import type { ImportOptions } from "./image-facade.ts";
import type { ImageProgress } from "./images/progress.ts";

export type { Credentials } from "../registry/credentials.ts";
export type { SearchResult } from "../registry/search.ts";
export type { ImageProgress } from "./images/progress.ts";

/** What the engine does with registries. A signal ends what it is given to. */
export interface Registries {
  /** Brings images here; nothing of one is seen before all of it is there. */
  pull(request: PullRequest, signal: AbortSignal): AsyncIterable<ImageProgress>;
  push(request: PushRequest, signal: AbortSignal): AsyncIterable<ImageProgress>;
  /** Makes an image of an archive that is fetched from a web server; the last line's status is its id. */
  importFrom(
    source: string,
    options: ImportOptions,
    signal: AbortSignal,
  ): AsyncIterable<ImageProgress>;
  /** What a name stands for at its registry, without bringing it here. */
  describe(ref: string, access: RegistryAccess, signal: AbortSignal): Promise<RemoteDescription>;
  search(
    term: string,
    query: { readonly limit?: number; readonly credentials: Credentials },
    signal: AbortSignal,
  ): Promise<readonly SearchResult[]>;
  /** Finds out whether a registry takes these credentials; `unauthorized` where it does not. */
  login(
    serverAddress: string,
    credentials: Credentials,
    signal: AbortSignal,
  ): Promise<{ readonly status: string; readonly identityToken: string }>;
}

/** Who asks a registry. */
export interface RegistryAccess {
  readonly credentials: Credentials;
  /** X-Meta-* headers, which are passed on. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface PullRequest extends RegistryAccess {
  /** A repository, with a tag or a digest where the user gave one. */
  readonly ref: string;
  /** All tags of the repository. */
  readonly allTags: boolean;
  /** `os/architecture[/variant]`; undefined: what runs here. */
  readonly platform?: string;
}

export interface PushRequest extends RegistryAccess {
  readonly ref: string;
  /** Undefined: all tags of the repository. */
  readonly tag?: string;
  /** Only that one of an image for several platforms. */
  readonly platform?: string;
}

export interface RemoteDescription {
  readonly mediaType: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly platforms: readonly {
    readonly os: string;
    readonly architecture: string;
    readonly variant: string;
  }[];
}
