import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { type Digest, hexOf, parseDigest } from "../oci/digest.ts";
import { Holds } from "./holds.ts";
import type { ImageTable } from "./image-records.ts";
import type { StagedFile } from "./staging.ts";

const CHUNK_BYTES = 1 << 18;

/** The layers' archives as they came, as files that are named by their digest. */
export class BlobStore {
  readonly #directory: string;
  readonly #images: ImageTable;
  readonly #holds = new Holds<Digest>((digest) => this.collect([digest]));

  constructor(dataRoot: string, images: ImageTable) {
    this.#directory = join(dataRoot, "blobs", "sha256");
    this.#images = images;
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
  }

  has(digest: Digest): boolean {
    return existsSync(this.#pathOf(digest));
  }

  read(digest: Digest): AsyncIterable<Uint8Array> {
    if (!this.has(digest)) throw new EngineError("not-found", `No such blob: ${digest}`);
    return createReadStream(this.#pathOf(digest), { highWaterMark: CHUNK_BYTES });
  }

  /** Takes over a file whose digest is known. False: these bytes are there already. */
  adopt({ path, digest }: StagedFile): boolean {
    if (this.has(digest)) return false;
    renameSync(path, this.#pathOf(digest));
    return true;
  }

  /** Keeps a blob readable, whatever is removed meanwhile. */
  hold(digest: Digest): Disposable {
    return this.#holds.hold(digest);
  }

  /** Removes those of these that no image has. */
  collect(digests: readonly Digest[]): void {
    for (const digest of digests) {
      const isUsed = this.#holds.has(digest) || this.#images.listBlobUses(digest).length > 0;
      if (!isUsed) rmSync(this.#pathOf(digest), { force: true });
    }
  }

  list(): readonly Digest[] {
    const names = readdirSync(this.#directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
    return names.map((hex) => parseDigest(`sha256:${hex}`));
  }

  #pathOf(digest: Digest): string {
    return join(this.#directory, hexOf(digest));
  }
}
