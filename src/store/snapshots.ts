import { closeSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { openDirectory } from "../linux/beneath.ts";
import { statAt } from "../linux/statx.ts";
import type { Digest } from "../oci/digest.ts";
import { copyDirectoryAttributes } from "./attributes.ts";
import { explainDisk } from "./disk-error.ts";
import type { ImageTable } from "./image-records.ts";
import type { LayerStore } from "./layers.ts";
import type { SnapshotRow, SnapshotTable } from "./snapshot-records.ts";
import type { Trash } from "./trash.ts";
import { measureTree } from "./tree-size.ts";

/** What the root file system of a container is mounted from. */
export interface SnapshotPaths {
  /** The image's layers, topmost first. There is always at least one. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
}

/** What snapshots stand on. */
export interface SnapshotStores {
  readonly dataRoot: string;
  readonly table: SnapshotTable;
  readonly images: ImageTable;
  readonly layers: LayerStore;
  readonly trash: Trash;
  transaction<Result>(work: () => Result): Result;
}

/** The writable layers of containers. A snapshot keeps its image's layers, also when the image goes. */
export class Snapshots {
  readonly #stores: SnapshotStores;

  constructor(stores: SnapshotStores) {
    this.#stores = stores;
    mkdirSync(join(stores.dataRoot, "containers"), { recursive: true, mode: 0o700 });
  }

  /**
   * Makes an empty writable layer over an image. Its root looks as the image's, with `owner` as the
   * host's id for the container's root. A failure leaves nothing.
   */
  async create(
    id: string,
    { imageId, owner }: { readonly imageId: string; readonly owner: number },
  ): Promise<void> {
    const { table, transaction } = this.#stores;
    const row = transaction(() => {
      const chainId = this.#topOf(imageId as Digest);
      table.insert({ id, chainId, ownerHostId: owner });
      return { id, chainId, ownerHostId: owner };
    });
    try {
      this.#makeDirectories(row);
    } catch (cause) {
      await this.remove(id);
      throw explainDisk(cause, `Cannot make the writable layer of container ${id}`);
    }
  }

  get(id: string): SnapshotPaths {
    const row = this.#getRow(id);
    const { upper, work } = this.#directoriesOf(id);
    return { lowers: this.#stores.layers.getChain(row.chainId).lowers, upper, work };
  }

  /** How many bytes the container's own files have. */
  size(id: string): Promise<number> {
    return measureTree(this.#directoriesOf(this.#getRow(id).id).upper);
  }

  /** How many bytes the files of the layers below have. */
  lowerSize(id: string): number {
    return this.#stores.layers.getChain(this.#getRow(id).chainId).sizeBytes;
  }

  /** Removes a snapshot with the whole directory of its container; no error where it is gone already. */
  async remove(id: string): Promise<void> {
    const { table, layers, transaction, trash } = this.#stores;
    trash.throwAway(this.#directoriesOf(id).home);
    const unused = transaction(() => {
      const row = table.find(id);
      table.remove(id);
      return layers.collect(row?.chainId ?? null);
    });
    await layers.discard(unused);
  }

  /** Removes what belongs to containers that are not there. `isContainer` tells which are. */
  sweep(isContainer: (id: string) => boolean): void {
    for (const { id } of this.#stores.table.listAbandoned()) this.#stores.table.remove(id);
    const containers = join(this.#stores.dataRoot, "containers");
    for (const name of readdirSync(containers)) {
      if (!isContainer(name)) this.#stores.trash.throwAway(join(containers, name));
    }
  }

  #getRow(id: string): SnapshotRow {
    const row = this.#stores.table.find(id);
    if (row === undefined) throw new EngineError("not-found", `No such snapshot: ${id}`);
    return row;
  }

  #topOf(imageId: Digest): Digest | null {
    const { images } = this.#stores;
    if (images.find(imageId) === undefined) {
      throw new EngineError("not-found", `No such image: ${imageId}`);
    }
    return images.listLayers(imageId).at(-1)?.chainId ?? null;
  }

  #directoriesOf(id: string) {
    const home = join(this.#stores.dataRoot, "containers", id);
    return { home, upper: join(home, "upper"), work: join(home, "work") };
  }

  #makeDirectories({ id, chainId, ownerHostId }: SnapshotRow): void {
    const { home, upper, work } = this.#directoriesOf(id);
    const [topmost = ""] = this.#stores.layers.getChain(chainId).lowers;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    mkdirSync(work, { mode: 0o700 });
    mkdirSync(upper, { mode: 0o700 });
    const from = openDirectory(topmost);
    const to = openDirectory(upper);
    try {
      const root = { dirFd: from, name: ".", status: statAt(from, "") };
      copyDirectoryAttributes(root, { dirFd: to, name: "." }, ownerHostId);
    } finally {
      closeSync(from);
      closeSync(to);
    }
  }
}
