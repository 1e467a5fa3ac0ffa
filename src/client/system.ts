import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact, readLines } from "./json.ts";
import type { Transport } from "./transport.ts";

export interface EventQuery {
  readonly since: string;
  readonly until: string;
  readonly filters: Filters;
}

/** The requests about the daemon itself. */
export class SystemApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async version(): Promise<unknown> {
    return this.#get("/version");
  }

  async info(): Promise<unknown> {
    return this.#get("/info");
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
