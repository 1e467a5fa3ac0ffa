import { open } from "node:fs/promises";
import { ByteGarbage } from "../../../base/byte-garbage.ts";
import type { Digest } from "../../../oci/digest.ts";
import type { RemoteBlob, Repository } from "../../../registry/repository.ts";
import { explainDisk } from "../../../store/disk-error.ts";
import { GrowingFile } from "../../../store/growing-file.ts";
import type { PartialBlobs } from "../../../store/partial-blobs.ts";
import { writeAll } from "../../../store/staging.ts";
import type { Semaphore } from "../semaphore.ts";
import { SharedWork } from "../shared-work.ts";

const COLLECT_EVERY_BYTES = 4 << 20;

/** A blob to be brought here. */
export interface BlobRequest {
  readonly blob: RemoteBlob;
  /** Opens where it is, for work that its signal ends. */
  readonly open: (signal: AbortSignal) => Repository;
}

/** A blob that is here or on its way. */
export interface Download {
  readonly file: GrowingFile;
  /** It went on from what was here before, which nobody has checked. */
  readonly isResumed: boolean;
  /** Resolves when nothing is written any more, whether all came or not. */
  readonly received: Promise<void>;
}

/** Brings blobs from registries into files that others can read while they grow. */
export class BlobDownloads {
  readonly #partials: PartialBlobs;
  readonly #turns: Semaphore;
  readonly #shared = new SharedWork<Digest, Download, never>();
  readonly #consumed = new Set<Digest>();
  readonly #garbage = new ByteGarbage(COLLECT_EVERY_BYTES);

  constructor(partials: PartialBlobs, turns: Semaphore) {
    this.#partials = partials;
    this.#turns = turns;
  }

  /**
   * Joins the download of a blob, or begins it. Its file goes when all who joined have left, if one of
   * them called consume(); else it stays for the next one to go on with.
   */
  join(request: BlobRequest) {
    const { digest } = request.blob;
    return this.#shared.join(
      digest,
      async ({ signal }) => this.#begin(request, signal),
      async ({ received }) => {
        await received;
        this.#end(digest);
      },
    );
  }

  /** The blob is unpacked, or no good: it need not be here when all who work with it have left. */
  consume(digest: Digest): void {
    if (this.#shared.has(digest)) this.#consumed.add(digest);
    else this.#partials.remove(digest);
  }

  #begin(request: BlobRequest, signal: AbortSignal): Download {
    const { digest, sizeBytes } = request.blob;
    const file = new GrowingFile(this.#partials.pathOf(digest));
    const there = this.#partials.sizeOf(digest);
    // More than the whole is something else.
    const offset = there > sizeBytes ? 0 : there;
    const received = this.#receive(request, { file, offset, signal }).catch((cause) =>
      file.fail(cause),
    );
    return { file, isResumed: offset > 0, received };
  }

  async #receive(
    { blob, open: openRepository }: BlobRequest,
    to: { file: GrowingFile; offset: number; signal: AbortSignal },
  ): Promise<void> {
    const { file, offset, signal } = to;
    using _hold = this.#partials.hold(blob.digest);
    using _turn = await this.#turns.enter(signal);
    await using handle = await openAt(file.path, offset);
    file.grow(offset);
    let current = offset;
    const bytes = openRepository(signal).readBlob(blob, offset);
    for await (const chunk of offset < blob.sizeBytes ? bytes : []) {
      await writeAll(handle, chunk, file.path);
      current += chunk.length;
      file.grow(current);
      this.#garbage.add(chunk.length);
    }
    file.complete();
  }

  #end(digest: Digest): void {
    if (this.#consumed.delete(digest)) this.#partials.remove(digest);
  }
}

/** What is behind the offset goes. */
async function openAt(path: string, offset: number) {
  try {
    return await open(path, offset === 0 ? "w" : "a", 0o600);
  } catch (cause) {
    throw explainDisk(cause, `Cannot make "${path}"`);
  }
}
