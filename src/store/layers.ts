import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Digest } from "../oci/digest.ts";
import { explainDisk } from "./disk-error.ts";
import { Holds } from "./holds.ts";
import type { LayerRow, LayerTable } from "./layer-records.ts";
import { removeTree, removeTreeSync } from "./remove-tree.ts";
import { temporaryPath } from "./staging.ts";

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

/**
 * The unpacked layers: a directory each, in the form that overlay file systems read. A layer is there
 * as long as an image, a snapshot or a layer above it is.
 */
export class LayerStore {
  readonly #dataRoot: string;
  readonly #table: LayerTable;
  readonly #holds = new Holds<Digest>((chainId) => this.#onRelease(chainId));

  constructor(dataRoot: string, table: LayerTable) {
    this.#dataRoot = dataRoot;
    this.#table = table;
    mkdirSync(this.directoryOf(EMPTY_KEY), { recursive: true, mode: 0o755 });
  }

  find(chainId: Digest): LayerRow | undefined {
    return this.#table.find(chainId);
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
    return join(this.#homeOf(key), "diff");
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
    const home = this.#homeOf(this.#table.insert(row));
    try {
      renameSync(staged, home);
    } catch (cause) {
      throw explainDisk(cause, `Cannot store layer ${row.diffId}`);
    }
    return { [Symbol.dispose]: () => removeTreeSync(home) };
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

  /** Removes the directories of forgotten layers. */
  async discard(rows: readonly LayerRow[]): Promise<void> {
    const moved = rows.map(({ key }) => this.#moveAway(key));
    for (const path of moved) await removeTree(path);
  }

  /** Removes what no row names, and layers that nothing needs. */
  sweep(): void {
    for (const { chainId } of this.#table.listUnused()) this.collect(chainId);
    const known = new Set([EMPTY_KEY, ...this.#table.list().map(({ key }) => key)].map(String));
    for (const name of readdirSync(join(this.#dataRoot, "layers"))) {
      if (!known.has(name)) removeTreeSync(join(this.#dataRoot, "layers", name));
    }
  }

  #homeOf(key: number): string {
    return join(this.#dataRoot, "layers", String(key));
  }

  /** At once, so that nothing sees half a layer, and a death leaves only what is swept. */
  #moveAway(key: number): string {
    const path = temporaryPath(this.#dataRoot);
    if (existsSync(this.#homeOf(key))) renameSync(this.#homeOf(key), path);
    return path;
  }

  /** The layer was kept for work that may not have come to anything. */
  #onRelease(chainId: Digest): void {
    for (const { key } of this.collect(chainId)) removeTreeSync(this.#moveAway(key));
  }
}
