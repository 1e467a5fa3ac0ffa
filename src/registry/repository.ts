import { EngineError } from "../base/errors.ts";
import { type Digest, digestOf } from "../oci/digest.ts";
import { type BlobServer, type RemoteBlob, readFrom } from "./blob-download.ts";
import type { BlobSource, UploadProgress } from "./blob-source.ts";
import { mountBlob, uploadBlob } from "./blob-upload.ts";
import type { Connection } from "./connection.ts";
import { findContentLength } from "./header-values.ts";
import {
  findManifest,
  getManifest,
  type ManifestSummary,
  putManifest,
  type RemoteManifest,
} from "./manifest-requests.ts";
import type { RetryPolicy } from "./retry.ts";
import { listTags } from "./tag-list.ts";
import type { Transport } from "./transport.ts";

export type { RemoteBlob } from "./blob-download.ts";
export type { BlobSource, UploadProgress } from "./blob-source.ts";
export type { ManifestSummary, RemoteManifest } from "./manifest-requests.ts";

/** What a repository is made of. */
export interface RepositoryParts {
  /** As people write it. */
  readonly name: string;
  /** As the registry knows it. */
  readonly path: string;
  readonly transport: Transport;
  readonly policy: RetryPolicy;
  /** The servers that may have it, in the order to ask. */
  readonly connect: () => Promise<readonly Connection[]>;
}

/** One repository of a registry, for one user. What a mirror cannot give is asked of the registry itself. */
export class Repository {
  readonly #parts: RepositoryParts;
  #connections: Promise<readonly Connection[]> | undefined;

  constructor(parts: RepositoryParts) {
    this.#parts = parts;
  }

  /** The manifest of a tag or a digest, with its bytes verified. */
  getManifest(tagOrDigest: string): Promise<RemoteManifest> {
    return this.#anywhere((connection) => getManifest(connection, this.#parts, tagOrDigest));
  }

  /** What a tag or a digest leads to, without its bytes. */
  findManifest(tagOrDigest: string): Promise<ManifestSummary | undefined> {
    return this.#anywhere((connection) => findManifest(connection, this.#parts, tagOrDigest));
  }

  listTags(): Promise<readonly string[]> {
    return this.#anywhere((connection) => listTags(connection, this.#parts.path));
  }

  /** The bytes of a blob from an offset to its end. A transfer that breaks is taken up again; the digest is the caller's to check. */
  async *readBlob(blob: RemoteBlob, offset: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { policy } = this.#parts;
    yield* readFrom({ blob, offset, policy, servers: await this.#serversOf(blob) });
  }

  /** A blob that is small enough to be held in memory: whole and verified. */
  async readSmallBlob(blob: RemoteBlob, maxBytes: number): Promise<Uint8Array> {
    const { digest, sizeBytes } = blob;
    if (sizeBytes > maxBytes) {
      throw new EngineError(
        "invalid",
        `Cannot read ${digest} of ${this.#parts.name}: it has ${sizeBytes} bytes, and at most ${maxBytes} are taken`,
      );
    }
    const bytes = Buffer.concat(await Array.fromAsync(this.readBlob(blob, 0)));
    const actual = digestOf(bytes);
    if (actual === digest) return bytes;
    throw new EngineError(
      "unavailable",
      `Cannot read ${digest} of ${this.#parts.name}: its bytes have the digest ${actual}`,
    );
  }

  /** The size of a blob that the registry has. */
  hasBlob(digest: Digest): Promise<number | undefined> {
    return this.#anywhere(async (connection) => {
      const target = `/v2/${this.#parts.path}/blobs/${digest}`;
      const answer = await connection.request({ method: "HEAD", target, accept: [404] });
      await answer.discard();
      if (answer.status === 404) return undefined;
      return findContentLength(answer.headers.get("content-length")) ?? 0;
    });
  }

  /** Stores a manifest under a tag, or under its digest. */
  async putManifest(
    tagOrDigest: string,
    manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
  ): Promise<Digest> {
    return putManifest(await this.#own(), this.#parts, { ...manifest, tagOrDigest });
  }

  /** Lets the registry take a blob from its repository `fromPath`. Whether it did. */
  async mountBlob(digest: Digest, fromPath: string): Promise<boolean> {
    return mountBlob(await this.#own(), this.#parts.path, { digest, fromPath });
  }

  /** Brings a blob to the registry; a transfer that breaks is taken up again. */
  async uploadBlob(
    source: BlobSource,
    onProgress: UploadProgress = () => undefined,
  ): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
    return uploadBlob(await this.#own(), this.#parts.path, { source, onProgress });
  }

  async #serversOf({ digest, urls = [] }: RemoteBlob): Promise<readonly BlobServer[]> {
    const { path, transport, policy } = this.#parts;
    if (urls.length > 0) {
      return urls.map((url) => ({ kind: "foreign", url, transport, signal: policy.signal }));
    }
    const connections = await this.#connect();
    const target = `/v2/${path}/blobs/${digest}`;
    return connections.map((connection) => ({ kind: "registry", connection, target }));
  }

  /** Asks one server after the other until one has something to say. */
  async #anywhere<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connections = await this.#connect();
    for (const mirror of connections.slice(0, -1)) {
      const found = await this.#tryMirror(() => work(mirror));
      if (found !== undefined) return found;
    }
    return work(await this.#own());
  }

  /** The registry itself, which comes behind its mirrors. */
  async #own(): Promise<Connection> {
    const own = (await this.#connect()).at(-1);
    if (own !== undefined) return own;
    throw new EngineError("internal", `No server is known for ${this.#parts.name}`);
  }

  async #tryMirror<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch {
      // Whatever is wrong with a mirror, the registry itself comes next and has the last word.
      this.#parts.policy.signal.throwIfAborted();
      return undefined;
    }
  }

  #connect(): Promise<readonly Connection[]> {
    this.#connections ??= this.#parts.connect();
    return this.#connections;
  }
}
