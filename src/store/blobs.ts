import {
  createReadStream,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { type Digest, hexOf, parseDigest } from "../oci/digest.ts";
import { Holds } from "./holds.ts";
import type { LayerBlobTable } from "./layer-blob-records.ts";

const CHUNK_BYTES = 1 << 18;

/**
 * Layers' archives as they came, as files that are named by their digest. Only those are kept that
 * could not be had again: decision 010.
 */
export class BlobStore {
  readonly directory: string;
  readonly #table: LayerBlobTable;
  readonly #holds = new Holds<Digest>((digest) => this.#collect([digest]));

  constructor(dataRoot: string, table: LayerBlobTable) {
    this.directory = join(dataRoot, "blobs", "sha256");
    this.#table = table;
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  has(digest: Digest): boolean {
    return existsSync(this.pathOf(digest));
  }

  read(digest: Digest, offset = 0): AsyncIterable<Uint8Array> {
    if (!this.has(digest)) throw new EngineError("not-found", `No such blob: ${digest}`);
    const options = { highWaterMark: CHUNK_BYTES, start: offset };
    return createReadStream(this.pathOf(digest), options);
  }

  /** Gives a file whose digest is known, and which the table has, a second name. False: it is there already. */
  adopt(path: string, digest: Digest): boolean {
    if (this.has(digest)) return false;
    linkSync(path, this.pathOf(digest));
    return true;
  }

  /** Keeps a blob readable, whatever is removed meanwhile. */
  hold(digest: Digest): Disposable {
    return this.#holds.hold(digest);
  }

  isHeld(digest: Digest): boolean {
    return this.#holds.has(digest);
  }

  /** Removes those whose layers are gone; returns how many bytes they had. */
  removeUnused(): number {
    return this.#collect(this.#table.removeUnused());
  }

  /** Removes a file that could not be kept for good. */
  remove(digest: Digest): void {
    rmSync(this.pathOf(digest), { force: true });
  }

  /** Removes what no row names. */
  sweep(): void {
    this.#table.removeUnused();
    this.#collect(this.list());
  }

  list(): readonly Digest[] {
    const names = readdirSync(this.directory).filter((name) => /^[0-9a-f]{64}$/.test(name));
    return names.map((hex) => parseDigest(`sha256:${hex}`));
  }

  pathOf(digest: Digest): string {
    return join(this.directory, hexOf(digest));
  }

  #collect(digests: readonly Digest[]): number {
    let removedBytes = 0;
    for (const digest of digests) {
      if (this.#holds.has(digest) || this.#table.find(digest) !== undefined) continue;
      removedBytes += lstatSync(this.pathOf(digest), { throwIfNoEntry: false })?.size ?? 0;
      this.remove(digest);
    }
    return removedBytes;
  }
}
