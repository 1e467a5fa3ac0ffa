import { closeSync, existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { openDirectory } from "../linux/beneath.ts";
import { statAt } from "../linux/statx.ts";
import type { Digest } from "../oci/digest.ts";
import { copyAttributes } from "./attributes.ts";
import { copyLayers } from "./copy-layers.ts";
import { explainDisk } from "./disk-error.ts";
import type { IdShift } from "./id-shift.ts";
import type { ImageTable } from "./image-records.ts";
import type { LayerStore } from "./layers.ts";
import type { MeasureThread } from "./measure-thread.ts";
import type { SizeLimits } from "./size-limits.ts";
import type { SnapshotRow, SnapshotTable } from "./snapshot-records.ts";
import type { StorageDriver } from "./storage-driver.ts";
import type { Transaction } from "./transaction.ts";
import type { Trash } from "./trash.ts";
import type { ChangedTree } from "./tree-changes.ts";

/** What the root file system of a container is mounted from. */
export interface SnapshotPaths {
  readonly driver: StorageDriver;
  /** The image's layers, topmost first. None with the driver `copy`, else at least one. */
  readonly lowers: readonly string[];
  /** The container's own files; with the driver `copy` all that it has. */
  readonly upper: string;
  readonly work: string;
  /** The host's id for the container's root, from which on ids in `upper` are shifted. */
  readonly ownerHostId: number;
}

/** What a new snapshot is to be. */
export interface SnapshotRequest {
  /** Empty: of none, and over nothing. */
  readonly imageId: string;
  /** The host's id for the container's root. */
  readonly owner: number;
  /** How much may be written to it; with the driver `copy` the image counts too. 0: as much as there is. */
  readonly sizeBytes?: number;
}

/** What snapshots stand on. */
export interface SnapshotStores {
  readonly dataRoot: string;
  readonly table: SnapshotTable;
  readonly images: ImageTable;
  readonly layers: LayerStore;
  readonly trash: Trash;
  readonly limits: SizeLimits;
  readonly measuring: MeasureThread;
  /** How new ones are made. */
  readonly driver: () => StorageDriver;
  readonly transaction: Transaction;
}

/** The writable layers of containers. A snapshot keeps its image's layers, also when the image goes. */
export class Snapshots {
  readonly #stores: SnapshotStores;

  constructor(stores: SnapshotStores) {
    this.#stores = stores;
    mkdirSync(join(stores.dataRoot, "containers"), { recursive: true, mode: 0o700 });
  }

  /** How new ones are made. */
  get driver(): StorageDriver {
    return this.#stores.driver();
  }

  /** Throws where no snapshot can be limited to a size. */
  checkSizeLimit(): void {
    this.#stores.limits.check();
  }

  /**
   * Makes a writable layer over an image: an empty one, or a copy of the image. Its root looks as the
   * image's, with `owner` as the host's id for the container's root. `use` may work with it first, where
   * it is until it has its name: what a daemon that dies before then leaves is no container's.
   * A failure leaves nothing.
   */
  async create(
    id: string,
    { imageId, owner, sizeBytes = 0 }: SnapshotRequest,
    use: (unnamed: SnapshotPaths) => Promise<void> = async () => {},
  ): Promise<void> {
    const { table, transaction, limits } = this.#stores;
    const row = transaction((): SnapshotRow => {
      const chainId = this.#topOf(imageId as Digest);
      const projectId =
        sizeBytes === 0 ? null : limits.findProject((project) => table.hasProject(project));
      const inserted = { id, chainId, ownerHostId: owner, driver: this.driver, projectId };
      table.insert(inserted);
      return inserted;
    });
    await using undo = new AsyncDisposableStack();
    undo.defer(() => this.remove(id));
    const paths = this.get(id);
    const unnamed = unnamedUpper(paths.upper);
    await this.#makeDirectories(row, unnamed, sizeBytes).catch((cause) => {
      throw explainDisk(cause, `Cannot make the writable layer of container ${id}`);
    });
    await use({ ...paths, upper: unnamed });
    renameSync(unnamed, paths.upper);
    undo.move();
  }

  get(id: string): SnapshotPaths {
    const { chainId, driver, ownerHostId } = this.#getRow(id);
    const { upper, work } = this.directoriesOf(id);
    const lowers = driver === "copy" ? [] : this.#stores.layers.getChain(chainId).lowers;
    return { driver, lowers, upper, work, ownerHostId };
  }

  /** How many bytes the container's own files have; of a copy, those that differ from the image's. */
  async size(id: string): Promise<number> {
    const { driver, chainId } = this.#getRow(id);
    const { upper } = this.directoriesOf(id);
    const { layers, measuring } = this.#stores;
    const copiedFrom = driver === "copy" ? layers.getChain(chainId).lowers : undefined;
    return (await measuring.measure(upper, copiedFrom)).fileBytes;
  }

  /** A container's own files beside what they lie over. `ids`: how they are shifted. */
  changedTree(id: string, ids: IdShift): ChangedTree {
    const { chainId, driver } = this.#getRow(id);
    const { upper } = this.directoriesOf(id);
    const layers = this.#stores.layers.getChain(chainId).lowers;
    return { upper, layers, isCopy: driver === "copy", ids };
  }

  /** The chain id of the topmost layer below; null: there is none. */
  topLayer(id: string): Digest | null {
    return this.#getRow(id).chainId;
  }

  /** How many bytes the files of the layers below have. */
  lowerSize(id: string): number {
    return this.#stores.layers.getChain(this.#getRow(id).chainId).sizeBytes;
  }

  /** Removes a snapshot with the whole directory of its container; no error where it is gone already. */
  async remove(id: string): Promise<void> {
    const { table, layers, transaction, trash } = this.#stores;
    trash.throwAway(this.directoriesOf(id).home);
    const unused = transaction(() => {
      const row = table.find(id);
      this.#forget(row);
      return layers.collect(row?.chainId ?? null);
    });
    layers.discard(unused);
  }

  /** Removes what belongs to containers that are not there. `isContainer` tells which are. */
  sweep(isContainer: (id: string) => boolean): void {
    for (const row of this.#stores.table.listAbandoned()) this.#forget(row);
    const containers = join(this.#stores.dataRoot, "containers");
    for (const name of readdirSync(containers)) {
      if (!isContainer(name)) this.#stores.trash.throwAway(join(containers, name));
    }
  }

  find(id: string): SnapshotRow | undefined {
    return this.#stores.table.find(id);
  }

  /** Those of no container. */
  listAbandoned(): readonly SnapshotRow[] {
    return this.#stores.table.listAbandoned();
  }

  /** The chain ids of the layers below, topmost first. */
  listLayers(id: string): readonly Digest[] {
    const chainId = this.find(id)?.chainId ?? null;
    if (chainId === null) return [];
    return this.#stores.layers.listChain(chainId).map((row) => row.chainId);
  }

  /**
   * Makes again, empty, what is missing of a snapshot's directories; the container must not run. False:
   * it was a copy of its image, or limited in its size, and only a new container can be that.
   */
  restoreDirectories(id: string): boolean {
    const { chainId, driver, ownerHostId, projectId } = this.#getRow(id);
    const { upper, work } = this.directoriesOf(id);
    if (driver === "copy" || projectId !== null) return false;
    mkdirSync(work, { recursive: true, mode: 0o700 });
    if (existsSync(upper)) return true;
    const unnamed = unnamedUpper(upper);
    this.#stores.trash.throwAway(unnamed);
    mkdirSync(unnamed, { mode: 0o700 });
    copyTop(this.#stores.layers.getChain(chainId).lowers[0] ?? "", unnamed, ownerHostId);
    renameSync(unnamed, upper);
    return true;
  }

  #getRow(id: string): SnapshotRow {
    const row = this.#stores.table.find(id);
    if (row === undefined) throw new EngineError("not-found", `No such snapshot: ${id}`);
    return row;
  }

  #topOf(imageId: Digest): Digest | null {
    const { images } = this.#stores;
    if ((imageId as string) === "") return null;
    if (images.find(imageId) === undefined) {
      throw new EngineError("not-found", `No such image: ${imageId}`);
    }
    return images.listLayers(imageId).at(-1) ?? null;
  }

  /** Where a container's files are, made or not. */
  directoriesOf(id: string) {
    const home = join(this.#stores.dataRoot, "containers", id);
    return { home, upper: join(home, "upper"), work: join(home, "work") };
  }

  /** The project may be another container's as soon as its files are gone. */
  #forget(row: SnapshotRow | undefined): void {
    if (row === undefined) return;
    const { table, limits } = this.#stores;
    if (row.projectId !== null) limits.clear(row.projectId);
    table.remove(row.id);
  }

  async #makeDirectories(row: SnapshotRow, upper: string, sizeBytes: number): Promise<void> {
    const { home, work } = this.directoriesOf(row.id);
    const { lowers } = this.#stores.layers.getChain(row.chainId);
    mkdirSync(home, { recursive: true, mode: 0o700 });
    mkdirSync(work, { mode: 0o700 });
    mkdirSync(upper, { mode: 0o700 });
    if (row.projectId !== null) {
      this.#stores.limits.apply(row.projectId, { bytes: sizeBytes, directories: [upper, work] });
    }
    if (row.driver === "copy") {
      await copyLayers(lowers, { target: upper, ownerHostId: row.ownerHostId });
    }
    copyTop(lowers[0] ?? "", upper, row.ownerHostId);
  }
}

/** What has its name is whole, and was made to the end. */
function unnamedUpper(upper: string): string {
  return `${upper}.new`;
}

function copyTop(topmost: string, target: string, ownerHostId: number): void {
  const from = openDirectory(topmost);
  const to = openDirectory(target);
  try {
    const root = { dirFd: from, name: ".", status: statAt(from, "") };
    copyAttributes(root, { dirFd: to, name: "." }, ownerHostId);
  } finally {
    closeSync(from);
    closeSync(to);
  }
}
