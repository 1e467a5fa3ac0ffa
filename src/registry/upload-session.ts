import { EngineError } from "../base/errors.ts";
import type { Digest } from "../oci/digest.ts";
import type { Answer } from "./answer.ts";
import type { BlobSource, UploadProgress } from "./blob-source.ts";
import type { Connection, RegistryRequest } from "./connection.ts";
import { findUploadedBytes } from "./header-values.ts";
import { requestError } from "./network-error.ts";
import { TransientError } from "./retry.ts";

const OCTETS = "application/octet-stream";

/** An upload that a registry has opened: where the next part goes, and how much it has. */
export class UploadSession {
  readonly #connection: Connection;
  readonly #path: string;
  #url: URL;
  #confirmed = 0;
  /** How much has been sent, acknowledged or not. */
  #position = 0;

  private constructor(connection: Connection, path: string, url: URL) {
    this.#connection = connection;
    this.#path = path;
    this.#url = url;
  }

  static async open(connection: Connection, path: string): Promise<UploadSession> {
    const answer = await connection.send({ method: "POST", target: `/v2/${path}/blobs/uploads/` });
    await answer.discard();
    return UploadSession.from(connection, path, answer);
  }

  /** The session that an answer with status 202 tells of. */
  static async from(connection: Connection, path: string, answer: Answer): Promise<UploadSession> {
    const location = answer.headers.get("location");
    if (answer.status !== 202 || location === null) throw noSession(answer);
    return new UploadSession(connection, path, await connection.resolve(location, answer.url));
  }

  /** How much of the blob the registry surely has. */
  get confirmedBytes(): number {
    return this.#confirmed;
  }

  /** Sends what is missing, and ends the upload. */
  async send(
    source: BlobSource,
    onProgress: UploadProgress,
  ): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
    const { sizeBytes } = source;
    const pieces = () => this.#read(source, onProgress);
    if (sizeBytes !== undefined && this.#confirmed === 0) {
      const headers = { "content-type": OCTETS, "content-length": String(sizeBytes) };
      const body = sizeBytes === 0 ? new Uint8Array(0) : pieces();
      await this.#finish(source.digest(), { headers, body });
      return { digest: source.digest(), sizeBytes };
    }
    if (sizeBytes === undefined || this.#confirmed < sizeBytes) {
      await this.#patch(pieces(), this.#partHeaders(sizeBytes));
    }
    const digest = source.digest();
    await this.#finish(digest, { headers: {}, body: new Uint8Array(0) });
    return { digest, sizeBytes: this.#position };
  }

  /** Asks how much the registry has. Undefined where it has nothing that one could go on with. */
  async findItsState(): Promise<UploadSession | undefined> {
    const accept = [400, 404, 405, 416];
    const answer = await this.#connection.request({ method: "GET", target: this.#url, accept });
    await answer.discard();
    const has = findUploadedBytes(answer.headers.get("range"));
    if (answer.status >= 300 || has === undefined || has === 0 || has > this.#position) {
      await this.cancel();
      return undefined;
    }
    await this.#moveTo(answer);
    this.#confirmed = has;
    this.#position = has;
    return this;
  }

  /** Gives the upload up, as far as the registry can be told. */
  async cancel(): Promise<void> {
    try {
      const request: RegistryRequest = {
        method: "DELETE",
        target: this.#url,
        scopes: [`repository:${this.#path}:delete`],
        accept: [400, 404, 405],
      };
      await (await this.#connection.send(request)).discard();
    } catch (error) {
      // What was wrong before matters more; registries remove old uploads by themselves.
      if (this.#connection.policy.signal.aborted) return;
      if (!(error instanceof TransientError || error instanceof EngineError)) throw error;
    }
  }

  async *#read(source: BlobSource, onProgress: UploadProgress): AsyncGenerator<Uint8Array, void> {
    this.#position = this.#confirmed;
    for await (const piece of source.open(this.#confirmed)) {
      this.#checkSize(source, this.#position + piece.length);
      yield piece;
      this.#position += piece.length;
      onProgress(this.#position);
    }
    if (source.sizeBytes !== undefined && this.#position < source.sizeBytes) {
      throw wrongSize(source.sizeBytes, this.#position);
    }
  }

  #checkSize({ sizeBytes }: BlobSource, end: number): void {
    if (sizeBytes !== undefined && end > sizeBytes) throw wrongSize(sizeBytes, end);
  }

  #partHeaders(sizeBytes: number | undefined): Readonly<Record<string, string>> {
    const start = this.#confirmed;
    // Without its length a part has no range either; registries then add it to what they have.
    if (sizeBytes === undefined) return { "content-type": OCTETS };
    return {
      "content-type": OCTETS,
      "content-length": String(sizeBytes - start),
      "content-range": `${start}-${sizeBytes - 1}`,
    };
  }

  async #patch(
    body: AsyncIterable<Uint8Array>,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const request: RegistryRequest = { method: "PATCH", target: this.#url, headers, body };
    const answer = await this.#connection.send({ ...request, accept: [416] });
    await answer.discard();
    if (answer.status === 416) {
      throw new TransientError(requestError(answer.request, "the registry has another part of it"));
    }
    this.#confirmed = this.#position;
    await this.#moveTo(answer);
  }

  async #finish(
    digest: Digest,
    { headers, body }: Required<Pick<RegistryRequest, "headers" | "body">>,
  ): Promise<void> {
    const target = new URL(this.#url);
    // What the registry wrote in its own query stays as it is, to the letter.
    target.search += `${target.search === "" ? "?" : "&"}digest=${encodeURIComponent(digest)}`;
    const answer = await this.#connection.send({ method: "PUT", target, headers, body });
    await answer.discard();
    const told = answer.headers.get("docker-content-digest");
    if (told !== null && told !== "" && told !== digest) {
      throw new EngineError(
        "unavailable",
        `Cannot upload ${digest}: ${answer.url.host} says that it stored ${told}`,
      );
    }
  }

  async #moveTo(answer: Answer): Promise<void> {
    const location = answer.headers.get("location");
    if (location !== null) this.#url = await this.#connection.resolve(location, answer.url);
  }
}

function noSession(answer: Answer): EngineError {
  return new EngineError(
    "unavailable",
    `Cannot upload to ${answer.url.host}: it opened no upload, but answered with status ${answer.status}`,
  );
}

function wrongSize(wanted: number, actual: number): EngineError {
  return new EngineError(
    "internal",
    `Cannot upload a blob: it was said to have ${wanted} bytes, and has ${actual < wanted ? "" : "at least "}${actual}`,
  );
}
