import type { ApiTransport } from "./api-transport.ts";
import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact, readJsonLines, readLines } from "./json.ts";
import type { CheckLine, DiskUsage, LoginAnswer, RegistryAuth } from "./wire.ts";

export interface EventQuery {
  readonly since: string;
  readonly until: string;
  readonly filters: Filters;
}

/** The requests about the daemon itself. */
export class SystemApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async version(): Promise<unknown> {
    return this.#get("/version");
  }

  async info(): Promise<unknown> {
    return this.#get("/info");
  }

  /** Shows credentials to their registry. A token that comes back is kept in the password's place. */
  async login(auth: RegistryAuth, signal: AbortSignal): Promise<LoginAnswer> {
    const request = { path: "/auth", body: auth, signal } as const;
    const response = await this.#transport.send({ method: "POST", ...request });
    return (await response.json()) as LoginAnswer;
  }

  async diskUsage(): Promise<DiskUsage> {
    const response = await this.#transport.send({ path: "/system/df" });
    return (await response.json()) as DiskUsage;
  }

  /** Looks whether what is stored is whole; what is found comes as it is found. */
  async check(options: {
    repair: boolean;
    deep: boolean;
    signal: AbortSignal;
  }): Promise<AsyncIterable<CheckLine>> {
    const { signal, ...query } = options;
    const request = { path: "/system/check", query, signal } as const;
    const response = await this.#transport.send({ method: "POST", ...request });
    return readJsonLines<CheckLine>(response.body);
  }

  /** The events as the JSON lines that they come in. */
  async events(options: EventQuery, signal?: AbortSignal): Promise<AsyncIterable<string>> {
    const query = { ...options, filters: encodeFilters(options.filters) };
    const response = await this.#transport.send({
      path: "/events",
      query,
      ...(signal === undefined ? {} : { signal }),
    });
    return readLines(response.body);
  }

  async #get(path: string): Promise<unknown> {
    const response = await this.#transport.send({ path });
    return parseExact(await response.text());
  }
}
