import type { ApiRequest, ApiTransport } from "./api-transport.ts";
import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact, readJsonLines } from "./json.ts";
import { authHeader } from "./registry-auth.ts";
import type {
  HistoryEntry,
  ImageName,
  ImageRemoval,
  ImageSummary,
  ProgressLine,
  Pruned,
  RegistryAuth,
  SearchResult,
} from "./wire.ts";

type Archive = ReadableStream<Uint8Array> | Blob;

export interface ImportOptions {
  /** `-` for an archive in the request, else a URL that the daemon fetches. */
  readonly source: string;
  readonly archive?: Archive;
  readonly repository: string;
  readonly tag: string;
  readonly message: string;
  readonly changes: readonly string[];
  readonly platform: string;
}

/** How an image travels between the daemon and a registry. */
export interface TransferOptions {
  readonly auth: RegistryAuth;
  readonly platform?: string | undefined;
  readonly signal?: AbortSignal;
}

/** The requests about images. */
export class ImageApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async list(
    options: { all?: boolean; digests?: boolean; filters?: Filters } = {},
  ): Promise<readonly ImageSummary[]> {
    const query = { ...options, filters: encodeFilters(options.filters ?? {}) };
    const response = await this.#transport.send({ path: "/images/json", query });
    return (await response.json()) as readonly ImageSummary[];
  }

  /** Everything that the daemon says of it, with numbers as they were written. */
  async getRaw(ref: string, platform?: string): Promise<unknown> {
    const query = { platform };
    const response = await this.#transport.send({ path: `${pathOf(ref)}/json`, query });
    return parseExact(await response.text());
  }

  async history(ref: string, platform?: string): Promise<readonly HistoryEntry[]> {
    const query = { platform };
    const response = await this.#transport.send({ path: `${pathOf(ref)}/history`, query });
    return (await response.json()) as readonly HistoryEntry[];
  }

  async tag(ref: string, name: { repository: string; tag: string }): Promise<void> {
    const query = { repo: name.repository, tag: name.tag };
    await this.#transport.send({ method: "POST", path: `${pathOf(ref)}/tag`, query });
  }

  async remove(
    ref: string,
    query: { force: boolean; noprune: boolean; platforms: readonly string[] },
  ): Promise<readonly ImageRemoval[]> {
    const response = await this.#transport.send({ method: "DELETE", path: pathOf(ref), query });
    return (await response.json()) as readonly ImageRemoval[];
  }

  /** Without a tag or digest, all of the repository's images. */
  async pull(
    { repository, tag, digest }: Omit<ImageName, "registry">,
    { auth, platform, signal }: TransferOptions,
  ): Promise<AsyncIterable<ProgressLine>> {
    const query = {
      fromImage: repository,
      tag: digest === "" ? tag : digest,
      platform: platform?.toLowerCase(),
    };
    return this.#progress("/images/create", { query, headers: authHeader(auth), ...given(signal) });
  }

  /** Without a tag, all that the daemon has of the repository. `platform` is JSON. */
  async push(
    { repository, tag }: ImageName,
    { auth, platform, signal }: TransferOptions,
  ): Promise<AsyncIterable<ProgressLine>> {
    const path = `${pathOf(repository)}/push`;
    const headers = authHeader(auth);
    return this.#progress(path, { query: { platform, tag }, headers, ...given(signal) });
  }

  async search(
    term: string,
    options: { auth: RegistryAuth; limit: number; filters: Filters },
  ): Promise<readonly SearchResult[]> {
    const { auth, limit, filters } = options;
    const query = { term, limit: limit > 0 ? limit : undefined, filters: encodeFilters(filters) };
    const headers = authHeader(auth);
    const response = await this.#transport.send({ path: "/images/search", query, headers });
    return (await response.json()) as readonly SearchResult[];
  }

  async import(options: ImportOptions): Promise<AsyncIterable<ProgressLine>> {
    const { source, archive, repository, tag, message, changes, platform } = options;
    const query = { fromSrc: source, repo: repository, tag, message, changes, platform };
    return this.#progress("/images/create", {
      query,
      ...(archive === undefined ? {} : { upload: archive }),
    });
  }

  async load(
    archive: Archive,
    options: { quiet: boolean; platform: string | undefined; signal: AbortSignal },
  ): Promise<AsyncIterable<ProgressLine>> {
    const { signal, platform } = options;
    // Said either way: a daemon that is not told is quiet.
    const query = { quiet: options.quiet ? 1 : 0, platform };
    return this.#progress("/images/load", { query, upload: archive, signal });
  }

  /** One archive with all of them. */
  async save(names: readonly string[], platform?: string): Promise<Response> {
    return this.#transport.send({ path: "/images/get", query: { names, platform } });
  }

  async prune(filters: Filters): Promise<Pruned> {
    const query = { filters: encodeFilters(filters) };
    const response = await this.#transport.send({ method: "POST", path: "/images/prune", query });
    return (await response.json()) as Pruned;
  }

  async #progress(
    path: string,
    request: Pick<ApiRequest, "query" | "upload" | "headers" | "signal">,
  ): Promise<AsyncIterable<ProgressLine>> {
    const response = await this.#transport.send({ method: "POST", path, ...request });
    return readJsonLines<ProgressLine>(response.body);
  }
}

/** A name may contain slashes: the daemon's router takes them as they are. */
function pathOf(ref: string): string {
  return `/images/${ref.split("/").map(encodeURIComponent).join("/")}`;
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
