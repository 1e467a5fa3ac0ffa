import type { WhyJson } from "../api/wire/why-json.ts";
import type { ExplainedPlan } from "../base/explained-plan.ts";
import type { ApiTransport, ByteStream } from "./api-transport.ts";
import type { ContainerStats, ProcessTable } from "./control-wire.ts";
import { encodeFilters, type Filters } from "./filters.ts";
import { parseExact, readJsonLines } from "./json.ts";
import type {
  ContainerDetails,
  ContainerSummary,
  ContainerUpdate,
  Created,
  ExitStatus,
  Pruned,
  Updated,
} from "./wire.ts";

/** Which containers to list. */
export interface ContainerQuery {
  readonly all?: boolean;
  readonly limit?: number;
  readonly size?: boolean;
  readonly filters?: Filters;
}

export interface CreateOptions {
  readonly name?: string;
  readonly platform?: string;
  /** Sampan's own: in the place of the container that has this name. */
  readonly replace?: boolean;
  /** Docker's container configuration, with HostConfig and NetworkingConfig. */
  readonly body: unknown;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly detachKeys?: string;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly since: string;
  readonly until: string;
  readonly timestamps: boolean;
  readonly details: boolean;
  readonly tail: string;
}

export interface StopOptions {
  readonly timeoutSeconds?: number | undefined;
  readonly signal?: string | undefined;
}

/** The requests about containers. */
export class ContainerApi {
  readonly #transport: ApiTransport;

  constructor(transport: ApiTransport) {
    this.#transport = transport;
  }

  async list(options: ContainerQuery = {}): Promise<readonly ContainerSummary[]> {
    const { filters = {}, ...rest } = options;
    const query = { ...rest, filters: encodeFilters(filters) };
    const response = await this.#transport.send({ path: "/containers/json", query });
    return (await response.json()) as readonly ContainerSummary[];
  }

  async create({ body, ...query }: CreateOptions): Promise<Created> {
    return this.#post<Created>("/containers/create", body, query);
  }

  /** The plan that create and start would carry out. */
  async explain({ body, ...query }: CreateOptions): Promise<ExplainedPlan> {
    return this.#post<ExplainedPlan>("/containers/explain", body, query);
  }

  /** The plan of a container as it last ran. */
  async trace(ref: string): Promise<ExplainedPlan> {
    const response = await this.#transport.send({ path: `${pathOf(ref)}/trace` });
    return (await response.json()) as ExplainedPlan;
  }

  async get(ref: string): Promise<ContainerDetails> {
    return (await this.getRaw(ref)) as ContainerDetails;
  }

  /** Everything that the daemon says of it, with numbers as they were written. */
  async getRaw(ref: string, options: { readonly size?: boolean } = {}): Promise<unknown> {
    const response = await this.#transport.send({ path: `${pathOf(ref)}/json`, query: options });
    return parseExact(await response.text());
  }

  async start(ref: string, checkpoint: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#act(ref, "start", checkpoint);
  }

  async stop(ref: string, { timeoutSeconds: t, signal }: StopOptions = {}): Promise<void> {
    await this.#act(ref, "stop", { t, signal });
  }

  async restart(ref: string, { timeoutSeconds: t, signal }: StopOptions = {}): Promise<void> {
    await this.#act(ref, "restart", { t, signal });
  }

  async kill(ref: string, signal: string): Promise<void> {
    await this.#act(ref, "kill", { signal });
  }

  async rename(ref: string, name: string): Promise<void> {
    await this.#act(ref, "rename", { name });
  }

  async update(ref: string, body: ContainerUpdate): Promise<Updated> {
    return this.#post<Updated>(`${pathOf(ref)}/update`, body, {});
  }

  async pause(ref: string): Promise<void> {
    await this.#act(ref, "pause");
  }

  async unpause(ref: string): Promise<void> {
    await this.#act(ref, "unpause");
  }

  /** The processes, as `ps` with these arguments shows them. */
  async top(ref: string, psArguments: string): Promise<ProcessTable> {
    const query = psArguments === "" ? {} : { ps_args: psArguments };
    const response = await this.#transport.send({ path: `${pathOf(ref)}/top`, query });
    return (await response.json()) as ProcessTable;
  }

  /** What it uses: once, or every second until it is removed. */
  async stats(
    ref: string,
    query: { readonly stream: boolean },
    signal?: AbortSignal,
  ): Promise<AsyncIterable<ContainerStats>> {
    const request = { path: `${pathOf(ref)}/stats`, query: { stream: query.stream ? "1" : "0" } };
    const rest = signal === undefined ? {} : { signal };
    const response = await this.#transport.send({ ...request, ...rest });
    return readJsonLines<ContainerStats>(response.body);
  }

  /** Sampan's own: why it did not start, or why it ended. */
  async why(ref: string): Promise<WhyJson> {
    const response = await this.#transport.send({ path: `${pathOf(ref)}/why` });
    return (await response.json()) as WhyJson;
  }

  async resize(ref: string, size: { rows: number; columns: number }): Promise<void> {
    await this.#act(ref, "resize", { h: size.rows, w: size.columns });
  }

  async remove(
    ref: string,
    { volumes: v, force, link }: { volumes: boolean; force: boolean; link: boolean },
  ): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: pathOf(ref), query: { v, force, link } });
  }

  /** Resolves when the daemon has begun to wait: what happens from then on is not missed. */
  async wait(
    ref: string,
    condition: "not-running" | "next-exit" | "removed" | "healthy",
  ): Promise<{ readonly exit: Promise<ExitStatus> }> {
    const query = { condition };
    const response = await this.#transport.send({
      method: "POST",
      path: `${pathOf(ref)}/wait`,
      query,
    });
    const exit = response.json() as Promise<ExitStatus>;
    // A caller that fails in between may never look at it.
    exit.catch(() => undefined);
    return { exit };
  }

  async attach(ref: string, options: AttachOptions): Promise<ByteStream> {
    const query = { stream: true, ...options };
    return this.#transport.hijack({ path: `${pathOf(ref)}/attach`, query });
  }

  /** Empties its log. */
  async clearLogs(ref: string): Promise<void> {
    await this.#transport.send({ method: "DELETE", path: `${pathOf(ref)}/logs` });
  }

  async logs(ref: string, options: LogOptions, signal?: AbortSignal): Promise<Response> {
    const query = { stdout: true, stderr: true, ...options };
    const path = `${pathOf(ref)}/logs`;
    return this.#transport.send({ path, query, ...(signal === undefined ? {} : { signal }) });
  }

  async prune(filters: Filters): Promise<Pruned> {
    return this.#post<Pruned>("/containers/prune", undefined, { filters: encodeFilters(filters) });
  }

  async #act(
    ref: string,
    action: string,
    query: Readonly<Record<string, string | number | undefined>> = {},
  ): Promise<void> {
    await this.#transport.send({ method: "POST", path: `${pathOf(ref)}/${action}`, query });
  }

  async #post<T>(
    path: string,
    body: unknown,
    query: Readonly<Record<string, string | boolean | undefined>>,
  ): Promise<T> {
    const response = await this.#transport.send({ method: "POST", path, body, query });
    return (await response.json()) as T;
  }
}

function pathOf(ref: string): string {
  return `/containers/${encodeURIComponent(ref)}`;
}
