import { EngineError } from "../base/errors.ts";
import type { IdleWatch } from "./idle-watch.ts";
import {
  explainNetworkFault,
  type FailedRequest,
  isCertificateFault,
  requestError,
} from "./network-error.ts";
import { TransientError } from "./retry.ts";

const DRAIN_BYTES = 65_536;

/** What a server answered. Its body must be read or discarded, once. */
export class Answer {
  readonly request: FailedRequest;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly #body: ReadableStream<Uint8Array> | null;
  readonly #watch: IdleWatch;

  /** Owns the watch from here on. */
  constructor(request: FailedRequest, response: Response, watch: IdleWatch) {
    this.request = request;
    this.status = response.status;
    this.statusText = response.statusText;
    this.headers = response.headers;
    this.#body = response.body;
    this.#watch = watch;
    if (this.#body === null) watch[Symbol.dispose]();
  }

  get url(): URL {
    return this.request.url;
  }

  /** The body as it comes, no faster than it is taken. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#body === null) return;
    const reader = this.#body.getReader();
    try {
      for (;;) {
        const { done, value } = await this.#watched(reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      this.#watch[Symbol.dispose]();
      // After an error there is nothing left to cancel.
      await reader.cancel().catch(() => undefined);
    }
  }

  /** The whole body, where it is no larger than the limit; `what` names it in errors. */
  async readWhole(maxBytes: number, what: string): Promise<Uint8Array<ArrayBuffer>> {
    const encoding = this.headers.get("content-encoding") ?? "identity";
    if (encoding.toLowerCase() !== "identity") {
      await this.discard();
      throw new EngineError(
        "unavailable",
        `Cannot read ${what} from ${this.url.host}: it has the content encoding "${encoding}", which was not asked for`,
      );
    }
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of this.chunks()) {
      length += piece.length;
      if (length > maxBytes) {
        throw new EngineError(
          "unavailable",
          `Cannot read ${what} from ${this.url.host}: it is larger than ${maxBytes} bytes`,
        );
      }
      pieces.push(piece);
    }
    return new Uint8Array(Buffer.concat(pieces));
  }

  /** Lets go of the body; a short one is read to its end, so that the connection can be used again. */
  async discard(): Promise<void> {
    let length = 0;
    try {
      for await (const piece of this.chunks()) {
        length += piece.length;
        if (length > DRAIN_BYTES) return;
      }
    } catch (error) {
      // Nobody wanted the body, so nobody misses it.
      if (!(error instanceof TransientError)) throw error;
    }
  }

  async #watched<T>(work: Promise<T>): Promise<T> {
    try {
      return await this.#watch.waitFor(work);
    } catch (cause) {
      throw toTransferError(cause, this.request, this.#watch);
    }
  }
}

/** What is thrown for a transfer that broke: the user's own reason, or what another try may mend. */
export function toTransferError(cause: unknown, request: FailedRequest, watch: IdleWatch): unknown {
  if (watch.isExpired) {
    return new TransientError(
      requestError(request, "timeout: the server was silent for too long", watch.signal.reason),
    );
  }
  if (watch.signal.aborted) return watch.signal.reason;
  const error = explainNetworkFault(cause, request);
  // Nobody who has the wrong certificate gets the right one by being asked again.
  return isCertificateFault(error) ? error : new TransientError(error);
}
