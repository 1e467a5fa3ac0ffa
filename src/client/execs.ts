import type { ApiTransport, ByteStream } from "./api-transport.ts";
import type { ExecDetails } from "./wire.ts";

/** The requests about programs that are run in a container beside its own. */
export class ExecApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  /** Returns the exec's id. */
  async create(container: string, body: unknown): Promise<string> {
    const path = `/containers/${encodeURIComponent(container)}/exec`;
    const response = await this.#transport.send({ method: "POST", path, body });
    const { Id } = (await response.json()) as { readonly Id: string };
    return Id;
  }

  async start(id: string, body: unknown): Promise<ByteStream> {
    return this.#transport.hijack({ path: `/exec/${id}/start`, body });
  }

  async startDetached(id: string, body: unknown): Promise<void> {
    await this.#transport.send({ method: "POST", path: `/exec/${id}/start`, body });
  }

  async resize(id: string, size: { rows: number; columns: number }): Promise<void> {
    const query = { h: size.rows, w: size.columns };
    await this.#transport.send({ method: "POST", path: `/exec/${id}/resize`, query });
  }

  async get(id: string): Promise<ExecDetails> {
    const response = await this.#transport.send({ path: `/exec/${id}/json` });
    return (await response.json()) as ExecDetails;
  }
}
