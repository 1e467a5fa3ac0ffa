import * as http from "node:http";
import * as https from "node:https";
import { Readable } from "node:stream";
import {
  type ApiRequest,
  type ApiTransport,
  type ByteStream,
  chooseVersion,
  toTarget,
} from "../client/api-transport.ts";
import type { Endpoint } from "../client/endpoint.ts";
import { ApiError, ConnectionError, messageOf } from "../client/errors.ts";
import { openStream } from "./node-stream.ts";

// The fetch API has no body for these, not even an empty one.
const WITHOUT_BODY = [204, 205, 304];

/** The library's way to a daemon: only what Node has, and Bun too. */
export class NodeTransport implements ApiTransport {
  readonly #endpoint: Endpoint;
  readonly #agent: http.Agent;
  #version: Promise<string> | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    const secure = endpoint.origin.startsWith("https:");
    this.#agent = secure
      ? new https.Agent({ keepAlive: true })
      : new http.Agent({ keepAlive: true });
  }

  /** The version in use; a daemon that could not be reached is asked again. */
  version(): Promise<string> {
    this.#version ??= this.#negotiate().catch((error: unknown) => {
      this.#version = undefined;
      throw error;
    });
    return this.#version;
  }

  async send(request: ApiRequest): Promise<Response> {
    const response = await this.#request(toTarget(request, await this.version()), request);
    if (response.status < 400) return response;
    throw new ApiError(response.status, messageOf(await response.text(), response.status));
  }

  async hijack(request: ApiRequest): Promise<ByteStream> {
    const path = toTarget(request, await this.version());
    return openStream(this.#endpoint, path, request.body);
  }

  /** Ends the connections that nobody uses. */
  close(): void {
    this.#agent.destroy();
  }

  async #negotiate(): Promise<string> {
    const response = await this.#request("/_ping", { method: "HEAD", path: "/_ping" });
    return chooseVersion(response.headers);
  }

  #request(path: string, request: ApiRequest): Promise<Response> {
    return new Promise((resolve, reject) => {
      const { signal } = request;
      const sent = this.#start(path, request);
      sent.on("response", (message) => resolve(toResponse(message, signal)));
      sent.on("error", (cause) => {
        reject(
          signal?.aborted === true
            ? signal.reason
            : new ConnectionError(this.#endpoint.host, cause),
        );
      });
      sendBody(sent, request, reject);
    });
  }

  #start(path: string, { method = "GET", body, upload, headers, signal }: ApiRequest) {
    const { origin, unix, tls } = this.#endpoint;
    const type = upload === undefined ? "application/json" : "application/x-tar";
    const hasBody = upload !== undefined || body !== undefined;
    const options = {
      method,
      agent: this.#agent,
      headers: { ...headers, ...(hasBody ? { "content-type": type } : {}) },
      ...(unix === undefined ? {} : { socketPath: unix }),
      ...(signal === undefined ? {} : { signal }),
    };
    if (!origin.startsWith("https:")) return http.request(origin + path, options);
    const { verify = true, ...identity } = tls ?? {};
    return https.request(origin + path, { ...options, ...identity, rejectUnauthorized: verify });
  }
}

function sendBody(
  sent: http.ClientRequest,
  { body, upload }: ApiRequest,
  fail: (cause: unknown) => void,
): void {
  if (upload === undefined) {
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return;
  }
  const stream = upload instanceof Blob ? upload.stream() : upload;
  const source = Readable.from(stream);
  source.on("error", (cause) => {
    // Told first, since what the request says of its end is less.
    fail(cause);
    sent.destroy();
  });
  // After an answer that did not wait for all of it, nobody would tell who makes the body.
  sent.on("close", () => source.destroy());
  source.pipe(sent);
}

function toResponse(message: http.IncomingMessage, signal: AbortSignal | undefined): Response {
  const { statusCode = 0, rawHeaders } = message;
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.append(rawHeaders[at] ?? "", rawHeaders[at + 1] ?? "");
  }
  const empty = WITHOUT_BODY.includes(statusCode) || message.method === "HEAD";
  if (empty) message.resume();
  return new Response(empty ? null : bodyOf(message, signal), { status: statusCode, headers });
}

/** Not Readable.toWeb(), of which the end of a reader does not end the connection everywhere. */
function bodyOf(
  message: http.IncomingMessage,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = message[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next().catch((error: unknown) => {
        // What the connection says of an abort is not why it was aborted.
        throw signal?.aborted === true ? signal.reason : error;
      });
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      message.destroy();
    },
  });
}
