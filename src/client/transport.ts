import { type ApiRequest, type ApiTransport, chooseVersion, toTarget } from "./api-transport.ts";
import type { Endpoint } from "./endpoint.ts";
import { ApiError, ConnectionError, messageOf } from "./errors.ts";
import type { HijackedStream } from "./hijack.ts";
import { toTlsOptions } from "./tls-options.ts";

/** What the CLI wants told about the requests that are made. */
export type Tracer = (line: string) => void;

/** The CLI's way to a daemon: Bun's fetch and sockets, of which the start costs least. */
export class Transport implements ApiTransport {
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
    return chooseVersion(response.headers);
  }

  async #versioned(request: ApiRequest): Promise<string> {
    return toTarget(request, await this.version());
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

async function toApiError(response: Response): Promise<ApiError> {
  return new ApiError(response.status, messageOf(await response.text(), response.status));
}
