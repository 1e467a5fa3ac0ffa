import type {
  NetworkConnectJson,
  NetworkCreatedJson,
  NetworkCreateJson,
  NetworkDisconnectJson,
} from "../api/wire/network-json.ts";
import { type ApiTransport, compareVersions } from "./api-transport.ts";
import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact } from "./json.ts";
import type { NetworkSummary, Pruned } from "./wire.ts";

/** The requests about networks. */
export class NetworkApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async list(filters: Filters = {}): Promise<readonly NetworkSummary[]> {
    const query = { filters: encodeFilters(filters) };
    const response = await this.#transport.send({ path: "/networks", query });
    return (await response.json()) as readonly NetworkSummary[];
  }

  /** Everything that the daemon says of it, with numbers as they were written. */
  async getRaw(ref: string, query: { readonly verbose?: boolean } = {}): Promise<unknown> {
    const response = await this.#transport.send({ path: pathOf(ref), query });
    return parseExact(await response.text());
  }

  async create(body: NetworkCreateJson): Promise<NetworkCreatedJson> {
    const path = "/networks/create";
    // Before that version, two of one name were told apart only where that was asked for.
    const isOld = compareVersions(await this.#transport.version(), "1.44") < 0;
    const checked = isOld ? { ...body, CheckDuplicate: true } : body;
    const response = await this.#transport.send({ method: "POST", path, body: checked });
    return (await response.json()) as NetworkCreatedJson;
  }

  async connect(ref: string, body: NetworkConnectJson): Promise<void> {
    await this.#transport.send({ method: "POST", path: `${pathOf(ref)}/connect`, body });
  }

  async disconnect(ref: string, body: NetworkDisconnectJson): Promise<void> {
    await this.#transport.send({ method: "POST", path: `${pathOf(ref)}/disconnect`, body });
  }

  async remove(ref: string): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: pathOf(ref) });
  }

  async prune(filters: Filters): Promise<Pruned> {
    const query = { filters: encodeFilters(filters) };
    const path = "/networks/prune";
    const response = await this.#transport.send({ method: "POST", path, query });
    return (await response.json()) as Pruned;
  }
}

function pathOf(ref: string): string {
  return `/networks/${encodeURIComponent(ref)}`;
}
