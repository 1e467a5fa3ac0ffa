import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact, readLines } from "./json.ts";
import type { Transport } from "./transport.ts";
import type { HistoryEntry, ImageRemoval, ImageSummary, ProgressLine, Pruned } from "./wire.ts";

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

/** The requests about images. */
export class ImageApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
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
  async getRaw(ref: string): Promise<unknown> {
    const response = await this.#transport.send({ path: `${pathOf(ref)}/json` });
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

  async pull(
    ref: { repository: string; tag: string },
    platform?: string,
  ): Promise<AsyncIterable<ProgressLine>> {
    const query = { fromImage: ref.repository, tag: ref.tag, platform };
    return this.#progress("/images/create", { query });
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
    query: { quiet: boolean; platform: string | undefined },
  ): Promise<AsyncIterable<ProgressLine>> {
    return this.#progress("/images/load", { query, upload: archive });
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
    request: Pick<Parameters<Transport["send"]>[0], "query" | "upload">,
  ): Promise<AsyncIterable<ProgressLine>> {
    const response = await this.#transport.send({ method: "POST", path, ...request });
    return parseProgress(response.body);
  }
}

async function* parseProgress(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<ProgressLine> {
  for await (const line of readLines(body)) yield JSON.parse(line) as ProgressLine;
}

/** A name may contain slashes: the daemon's router takes them as they are. */
function pathOf(ref: string): string {
  return `/images/${ref.split("/").map(encodeURIComponent).join("/")}`;
}
