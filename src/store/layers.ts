import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../oci/digest.ts";
import type { BlobStore } from "./blobs.ts";
import { explainDisk, hasCode } from "./disk-error.ts";
import { Holds } from "./holds.ts";
import type { LayerRow, LayerTable } from "./layer-records.ts";
import { rebuildArchive } from "./recipe.ts";
import type { Transaction } from "./transaction.ts";
import type { Trash } from "./trash.ts";
import { layerPaths } from "./unpack-layer.ts";

/** No layer has this key: it stands for the image that has none. */
const EMPTY_KEY = 0;

/** What all layers of a chain have together. */
export interface LayerChain {
  /** Their directories, topmost first; an empty one for an image without layers. */
  readonly lowers: readonly string[];
  readonly sizeBytes: number;
  /** The highest user or group id of any file. */
  readonly maxId: number;
}

/** What layers stand on. */
export interface LayerStoreParts {
  readonly table: LayerTable;
  readonly blobs: BlobStore;
  readonly trash: Trash;
  readonly transaction: Transaction;
}

/**
 * The unpacked layers: a directory each, in the form that overlay file systems read. A layer is there
 * as long as an image, a snapshot or a layer above it is.
 */
export class LayerStore {
  readonly #dataRoot: string;
  readonly #table: LayerTable;
  readonly #blobs: BlobStore;
  readonly #trash: Trash;
  readonly #transaction: LayerStoreParts["transaction"];
  readonly #holds = new Holds<Digest>((chainId) => this.#onRelease(chainId));

  constructor(dataRoot: string, parts: LayerStoreParts) {
    this.#dataRoot = dataRoot;
    this.#table = parts.table;
    this.#blobs = parts.blobs;
    this.#trash = parts.trash;
    this.#transaction = parts.transaction;
    mkdirSync(this.directoryOf(EMPTY_KEY), { recursive: true, mode: 0o755 });
  }

  find(chainId: Digest): LayerRow | undefined {
    return this.#table.find(chainId);
  }

  /** One whose archive can be made again from its files, whatever is below it. */
  findRebuildable(diffId: Digest): LayerRow | undefined {
    return this.#table.listByDiffId(diffId).find(({ tarBytes }) => tarBytes !== null);
  }

  list(): readonly LayerRow[] {
    return this.#table.list();
  }

  /** The layer and all below it, topmost first. */
  listChain(chainId: Digest): readonly LayerRow[] {
    return this.#table.listChain(chainId);
  }

  /** Null: the chain of no layers. */
  getChain(chainId: Digest | null): LayerChain {
    const rows = chainId === null ? [] : this.#table.listChain(chainId);
    const keys = rows.length === 0 ? [EMPTY_KEY] : rows.map(({ key }) => key);
    return {
      lowers: keys.map((key) => this.directoryOf(key)),
      sizeBytes: rows.reduce((total, row) => total + row.sizeBytes, 0),
      maxId: rows.reduce((most, row) => Math.max(most, row.maxUid, row.maxGid), 0),
    };
  }

  directoryOf(key: number): string {
    return layerPaths(this.homeOf(key)).diff;
  }

  /** The directory of all that a layer has. */
  homeOf(key: number): string {
    return join(this.#dataRoot, "layers", String(key));
  }

  /** The archive of a layer that has a recipe. */
  rebuild({ key }: LayerRow): AsyncGenerator<Uint8Array> {
    const { recipe, diff } = layerPaths(this.homeOf(key));
    return rebuildArchive(recipe, diff);
  }

  /** Keeps a layer, whatever is removed meanwhile. */
  hold(chainId: Digest): Disposable {
    return this.#holds.hold(chainId);
  }

  /**
   * Stores a layer whose `staged` directory has its content in `diff`. To be called in a transaction;
   * the returned object takes the directory back, for when that fails.
   */
  adopt(row: Omit<LayerRow, "key">, staged: string): Disposable {
    const home = this.homeOf(this.#table.insert(row));
    try {
      renameSync(staged, home);
    } catch (cause) {
      throw explainDisk(cause, `Cannot store layer ${row.diffId}`);
    }
    return { [Symbol.dispose]: () => renameSync(home, staged) };
  }

  /** Puts a `staged` directory in the place of a layer's own. */
  replace({ key }: Pick<LayerRow, "key">, staged: string): void {
    this.#trash.throwAway(this.homeOf(key));
    renameSync(staged, this.homeOf(key));
  }

  /** Those that nothing needs, and no work is about. */
  listUnused(): readonly LayerRow[] {
    return this.#table.listUnused().filter(({ chainId }) => !this.#holds.has(chainId));
  }

  /**
   * Forgets a layer, and those below it, as far as nothing needs them. To be called in a transaction;
   * what is returned is for discard() after it.
   */
  collect(chainId: Digest | null): readonly LayerRow[] {
    const removed: LayerRow[] = [];
    for (const row of chainId === null ? [] : this.#table.listChain(chainId)) {
      if (this.#holds.has(row.chainId) || this.#table.isUsed(row.chainId)) break;
      this.#table.remove(row.chainId);
      removed.push(row);
    }
    return removed;
  }

  /** Removes the directories of forgotten layers, and the archives kept of them; says their bytes. */
  discard(rows: readonly LayerRow[]): number {
    const archiveBytes = rows.length > 0 ? this.#blobs.removeUnused() : 0;
    for (const { key } of rows) this.#trash.throwAway(this.homeOf(key));
    return archiveBytes;
  }

  /** Removes what no row names, and layers that nothing needs. */
  sweep(): void {
    for (const { chainId } of this.#table.listUnused()) this.collect(chainId);
    const known = new Set([EMPTY_KEY, ...this.#table.list().map(({ key }) => key)].map(String));
    for (const name of readdirSync(join(this.#dataRoot, "layers"))) {
      if (!known.has(name)) this.#trash.throwAway(join(this.#dataRoot, "layers", name));
    }
  }

  /** The layer was kept for work that may not have come to anything. */
  #onRelease(chainId: Digest): void {
    try {
      this.discard(this.#transaction(() => this.collect(chainId)));
    } catch (cause) {
      // Whoever lets go has a failure of their own to tell; the next sweep takes what nothing needs.
      if (!hasCode(cause, ["SQLITE_FULL"])) throw cause;
    }
  }
}
