import type { ApiTransport } from "./api-transport.ts";
import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact } from "./json.ts";
import type { Pruned, VolumeSummary } from "./wire.ts";

export interface NewVolume {
  /** Empty: the daemon makes one up. */
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

/** The requests about volumes. */
export class VolumeApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async create({ name, driver, options, labels }: NewVolume): Promise<VolumeSummary> {
    const body = { Name: name, Driver: driver, DriverOpts: options, Labels: labels };
    const response = await this.#transport.send({ method: "POST", path: "/volumes/create", body });
    return (await response.json()) as VolumeSummary;
  }

  async list(filters: Filters = {}): Promise<readonly VolumeSummary[]> {
    const query = { filters: encodeFilters(filters) };
    const response = await this.#transport.send({ path: "/volumes", query });
    const { Volumes } = (await response.json()) as { Volumes: readonly VolumeSummary[] | null };
    return Volumes ?? [];
  }

  /** Everything that the daemon says of it. */
  async getRaw(name: string): Promise<unknown> {
    const response = await this.#transport.send({ path: pathOf(name) });
    return parseExact(await response.text());
  }

  async remove(name: string, query: { readonly force: boolean }): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: pathOf(name), query });
  }

  /** An archive of what is at a path in a volume; empty: all of it. */
  async export(name: string, path = ""): Promise<Response> {
    return this.#transport.send({ path: `${pathOf(name)}/export`, query: { path } });
  }

  /** Unpacks an archive in a directory of a volume. */
  async import(
    name: string,
    archive: ReadableStream<Uint8Array> | Blob,
    { path = "", signal }: { readonly path?: string; readonly signal?: AbortSignal } = {},
  ): Promise<void> {
    await this.#transport.send({
      method: "POST",
      path: `${pathOf(name)}/import`,
      query: { path },
      upload: archive,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async prune(filters: Filters): Promise<Pruned> {
    const query = { filters: encodeFilters(filters) };
    const response = await this.#transport.send({ method: "POST", path: "/volumes/prune", query });
    return (await response.json()) as Pruned;
  }
}

function pathOf(name: string): string {
  return `/volumes/${encodeURIComponent(name)}`;
}
