import { Answer, toTransferError } from "./answer.ts";
import { readCertificates } from "./certificates.ts";
import { IdleWatch } from "./idle-watch.ts";
import type { InsecureHosts } from "./insecure-hosts.ts";
import { chooseProxy, type Proxies } from "./proxy-choice.ts";
import { STORING_PATIENCE, UploadBody } from "./upload-body.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface HttpRequest {
  readonly method: Method;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** A body that comes in pieces is read once; it has a length only with a content-length header. */
  readonly body?: string | Uint8Array<ArrayBuffer> | AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  /** How long the server may be silent, where it is less than the transport's own limit. */
  readonly idleTimeoutMs?: number;
}

export interface TransportOptions {
  readonly insecureHosts: InsecureHosts;
  readonly certificateRoots: readonly string[];
  readonly proxies: Proxies;
  readonly userAgent: string;
  readonly idleTimeoutMs: number;
}

/**
 * Sends single requests: which certificates, which proxy, for how long. It follows no redirect,
 * tries nothing again, and knows nothing of registries.
 */
export class Transport {
  readonly insecureHosts: InsecureHosts;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.insecureHosts = options.insecureHosts;
    this.#options = options;
  }

  /** The answer, whatever its status. A failure on the way is a TransientError. */
  async send(request: HttpRequest): Promise<Answer> {
    request.signal.throwIfAborted();
    const { url, method } = request;
    const proxy = chooseProxy(url, this.#options.proxies);
    const tls = await this.#tlsOptions(url);
    const failed = { method, url, proxy };
    const { idleTimeoutMs } = this.#options;
    const limitMs = Math.min(idleTimeoutMs, request.idleTimeoutMs ?? idleTimeoutMs);
    const watch = new IdleWatch(request.signal, limitMs);
    const upload = isStream(request.body) ? new UploadBody(request.body, watch) : undefined;
    const body = isStream(request.body) ? upload?.stream : request.body;
    try {
      const response = await watch.waitFor(
        fetch(url, {
          method,
          headers: this.#headers(request),
          redirect: "manual",
          // A digest is of the bytes as they are stored.
          decompress: false,
          // The watch knows better for how long to wait.
          timeout: false,
          signal: watch.signal,
          ...(tls === undefined ? {} : { tls }),
          ...(proxy === undefined ? {} : { proxy: proxy.href }),
          ...(body === undefined ? {} : { body }),
        }),
        method === "PUT" && upload === undefined ? STORING_PATIENCE : 1,
      );
      return new Answer(failed, response, watch);
    } catch (cause) {
      watch[Symbol.dispose]();
      if (upload?.failure !== undefined) throw upload.failure.cause;
      throw toTransferError(cause, failed, watch);
    } finally {
      upload?.close();
    }
  }

  #headers({ headers }: HttpRequest): Headers {
    const all = new Headers({
      "accept-encoding": "identity",
      "user-agent": this.#options.userAgent,
    });
    for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value);
    return all;
  }

  async #tlsOptions(
    url: URL,
  ): Promise<(Bun.TLSOptions & { rejectUnauthorized?: boolean }) | undefined> {
    if (url.protocol !== "https:") return undefined;
    const certificates = await readCertificates(this.#options.certificateRoots, url.host);
    const isInsecure = await this.insecureHosts.has(url.host);
    return { ...certificates, ...(isInsecure ? { rejectUnauthorized: false } : {}) };
  }
}

/** Whether a body comes in pieces, so that it can be sent only once. */
export function isStream(body: HttpRequest["body"]): body is AsyncIterable<Uint8Array> {
  return body !== undefined && typeof body !== "string" && !(body instanceof Uint8Array);
}
