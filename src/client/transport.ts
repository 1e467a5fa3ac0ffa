import { type Endpoint, toTlsOptions } from "./endpoint.ts";
import { ApiError, ConnectionError, messageOf } from "./errors.ts";
import type { HijackedStream } from "./hijack.ts";

/** The newest version of the API that this client speaks. */
export const API_VERSION = "1.51";
/** What a daemon speaks that does not say. */
const OLDEST_VERSION = "1.24";

/** A request. `path` starts after the version. */
export interface ApiRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
  /** A body that is not JSON. */
  readonly upload?: ReadableStream<Uint8Array> | Blob;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** Query arguments; those that are undefined, false or empty are left out. */
export type Query = Readonly<Record<string, QueryValue | readonly string[]>>;
type QueryValue = string | number | boolean | undefined;

/** What the CLI wants told about the requests that are made. */
export type Tracer = (line: string) => void;

/** Requests to one daemon, in the newest version that both sides speak. */
export class Transport {
  readonly endpoint: Endpoint;
  readonly #trace: Tracer;
  #version: Promise<string> | undefined;

  constructor(endpoint: Endpoint, trace: Tracer = () => undefined) {
    this.endpoint = endpoint;
    this.#trace = trace;
  }

  /** The version in use; asks the daemon the first time. */
  version(): Promise<string> {
    this.#version ??= this.#negotiate();
    return this.#version;
  }

  /** Sends a request; a refusal is thrown as {@link ApiError}. */
  async send(request: ApiRequest): Promise<Response> {
    const path = await this.#versioned(request);
    const response = await this.#fetch(path, request);
    if (response.status < 400) return response;
    throw await toApiError(response);
  }

  /** Sends a request whose connection then carries a stream both ways. */
  async hijack(request: ApiRequest): Promise<HijackedStream> {
    const path = await this.#versioned(request);
    this.#trace(`POST ${path} (upgrade)`);
    const { openHijacked } = await import("./hijack.ts");
    return openHijacked(this.endpoint, path, request.body);
  }

  async #negotiate(): Promise<string> {
    const response = await this.#fetch("/_ping", { method: "HEAD", path: "/_ping" });
    const theirs = response.headers.get("api-version") ?? OLDEST_VERSION;
    return compareVersions(theirs, API_VERSION) < 0 ? theirs : API_VERSION;
  }

  async #versioned({ path, query = {} }: ApiRequest): Promise<string> {
    return `/v${await this.version()}${path}${encodeQuery(query)}`;
  }

  async #fetch(path: string, request: ApiRequest): Promise<Response> {
    const { method = "GET", body, upload, signal } = request;
    this.#trace(`${method} ${path}`);
    const headers = new Headers(request.headers);
    if (body !== undefined) headers.set("content-type", "application/json");
    if (upload !== undefined) headers.set("content-type", "application/x-tar");
    const { origin, unix, tls } = this.endpoint;
    try {
      return await fetch(origin + path, {
        method,
        headers,
        // A wait, an event stream or a followed log may be silent for days.
        timeout: false,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(upload === undefined ? {} : { body: upload }),
        ...(signal === undefined ? {} : { signal }),
        ...(unix === undefined ? {} : { unix }),
        ...(tls === undefined ? {} : { tls: toTlsOptions(tls) }),
      });
    } catch (cause) {
      if (signal?.aborted === true) throw cause;
      throw new ConnectionError(this.endpoint.host, cause);
    }
  }
}

/** Negative where the first version is the older one. */
export function compareVersions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

function encodeQuery(query: Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    toTexts(value).map((text) => `${name}=${encodeURIComponent(text)}`),
  );
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function toTexts(value: QueryValue | readonly string[]): readonly string[] {
  if (value === undefined || value === false || value === "") return [];
  if (value === true) return ["1"];
  return typeof value === "object" ? value : [String(value)];
}

async function toApiError(response: Response): Promise<ApiError> {
  return new ApiError(response.status, messageOf(await response.text(), response.status));
}
