import { EngineError } from "../../../base/errors.ts";
import { type Digest, Digester, hexOf } from "../../../oci/digest.ts";
import type { BlobSource, Repository } from "../../../registry/repository.ts";
import type { LayerArchive } from "../../../store/layer-archives.ts";
import type { Store } from "../../../store/store.ts";
import type { ImageProgress } from "../progress.ts";
import type { Semaphore } from "../semaphore.ts";
import type { BlobOrigins, RepositoryName } from "./blob-origins.ts";
import { gzipInParallel } from "./parallel-gzip.ts";

// Each costs a request; a registry that has none of the first does not want to.
const MAX_MOUNTS = 3;

/** Where an image goes, and with what. */
export interface PushTarget {
  readonly store: Store;
  readonly repository: Repository;
  readonly name: RepositoryName;
  readonly origins: BlobOrigins;
  /** Opens another repository to read from, or asks leave to mount from one of the same registry. */
  readonly open: (name: RepositoryName) => Repository;
  readonly turns: Semaphore;
  readonly signal: AbortSignal;
  readonly tell: (line: ImageProgress) => void;
}

/** One layer of an image that goes to a registry. */
export class LayerPush {
  readonly #target: PushTarget;
  readonly #diffId: Digest;

  constructor(target: PushTarget, diffId: Digest) {
    this.#target = target;
    this.#diffId = diffId;
  }

  /** Sees that the registry has this very blob. False: it is nowhere to be had. */
  async exactly(blob: { readonly digest: Digest; readonly sizeBytes: number }): Promise<boolean> {
    using _turn = await this.#enter();
    if ((await this.#target.repository.hasBlob(blob.digest)) !== undefined) {
      this.#tell("Layer already exists");
      return true;
    }
    if (await this.#mount(blob.digest)) return true;
    const archive = this.#target.store.archives.find(blob.digest);
    if (archive !== undefined) {
      await this.#upload(sourceOf(archive), archive);
      return true;
    }
    return this.#copy(blob);
  }

  /** Sends the layer compressed anew, and tells what it came to. */
  async anew(): Promise<LayerArchive> {
    using _turn = await this.#enter();
    const archive = this.#target.store.archives.get(this.#diffId);
    if (archive.compression !== "none") {
      await this.#upload(sourceOf(archive), archive);
      return archive;
    }
    const { digest, sizeBytes } = await this.#upload(new GzipSource(archive), archive);
    return { ...archive, digest, sizeBytes, compression: "gzip" };
  }

  #tell(status: string): void {
    this.#target.tell({ status, id: hexOf(this.#diffId).slice(0, 12) });
  }

  async #enter(): Promise<Disposable> {
    this.#tell("Waiting");
    return await this.#target.turns.enter(this.#target.signal);
  }

  async #mount(digest: Digest): Promise<boolean> {
    const { origins, name, repository } = this.#target;
    const near = origins
      .list(digest)
      .filter(({ domain, path }) => domain === name.domain && path !== name.path);
    for (const { path } of near.slice(0, MAX_MOUNTS)) {
      if (!(await repository.mountBlob(digest, path))) continue;
      this.#tell(`Mounted from ${path}`);
      return true;
    }
    return false;
  }

  async #upload(source: BlobSource, archive: LayerArchive) {
    using _hold = archive.hold();
    return await this.#send(source, archive.sizeBytes);
  }

  /** From a registry to the registry: the archive was not worth to be kept here. */
  async #copy(blob: { readonly digest: Digest; readonly sizeBytes: number }): Promise<boolean> {
    for (const origin of this.#target.origins.list(blob.digest)) {
      const from = this.#target.open(origin);
      // Else a failure in the middle could not be told from one of the target.
      if ((await from.hasBlob(blob.digest).catch(notReachable)) === undefined) continue;
      const open = (offset: number) => from.readBlob(blob, offset);
      await this.#send(
        { sizeBytes: blob.sizeBytes, digest: () => blob.digest, open },
        blob.sizeBytes,
      );
      return true;
    }
    return false;
  }

  async #send(source: BlobSource, total: number) {
    const id = hexOf(this.#diffId).slice(0, 12);
    const sent = await this.#target.repository.uploadBlob(source, (current) =>
      this.#target.tell({ status: "Pushing", id, progress: { current, total } }),
    );
    this.#tell("Pushed");
    return sent;
  }
}

/** Somebody else may have the blob, or it can be made anew. */
function notReachable(cause: unknown): undefined {
  if (cause instanceof EngineError) return undefined;
  throw cause;
}

function sourceOf(archive: LayerArchive): BlobSource {
  return {
    sizeBytes: archive.sizeBytes,
    digest: () => archive.digest,
    open: (offset) => skip(archive.read(), offset),
  };
}

/** A plain archive as it is compressed, of which the digest is known at its end. */
class GzipSource implements BlobSource {
  readonly #archive: LayerArchive;
  #digest: Digest | undefined;

  constructor(archive: LayerArchive) {
    this.#archive = archive;
  }

  digest(): Digest {
    if (this.#digest !== undefined) return this.#digest;
    throw new EngineError("internal", "The archive has not been compressed to its end");
  }

  open(offset: number): AsyncIterable<Uint8Array> {
    return skip(this.#compress(), offset);
  }

  async *#compress(): AsyncGenerator<Uint8Array> {
    const digester = new Digester();
    for await (const chunk of gzipInParallel(this.#archive.read())) {
      digester.update(chunk);
      yield chunk;
    }
    this.#digest = digester.digest();
  }
}

async function* skip(bytes: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const chunk of bytes) {
    const skipped = Math.min(left, chunk.length);
    left -= skipped;
    if (skipped < chunk.length) yield chunk.subarray(skipped);
  }
}
