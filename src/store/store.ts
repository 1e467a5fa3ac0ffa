import type { Database } from "bun:sqlite";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { EngineError, explain } from "../base/errors.ts";
import type { Digest } from "../oci/digest.ts";
import { BlobStore } from "./blobs.ts";
import { DatabaseCheck } from "./check/database-check.ts";
import { ContainerTable } from "./containers.ts";
import { openDatabase } from "./database.ts";
import { hasCode } from "./disk-error.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { DiskUsage } from "./disk-usage.ts";
import type { GrowingFile } from "./growing-file.ts";
import { DEFAULT_ID_BOUNDS, type IdBounds, IdRangeTable } from "./id-ranges.ts";
import { ImageIntake } from "./image-intake.ts";
import { ImageTable } from "./image-records.ts";
import { ImageReferenceTable } from "./image-references.ts";
import type { KeepBlobs } from "./keep-blobs.ts";
import { LayerArchives } from "./layer-archives.ts";
import { LayerBlobTable } from "./layer-blob-records.ts";
import { LayerBuild, type LayerBuildStores } from "./layer-build.ts";
import { type LayerRow, LayerTable } from "./layer-records.ts";
import type { UnpackTarget } from "./layer-unpacking.ts";
import { LayerStore } from "./layers.ts";
import { ManifestTable } from "./manifest-records.ts";
import { MeasureThread } from "./measure-thread.ts";
import { NetworkTable } from "./networks.ts";
import { PartialBlobs } from "./partial-blobs.ts";
import { RootLock } from "./root-lock.ts";
import { SettingTable } from "./settings.ts";
import { SizeLimits } from "./size-limits.ts";
import { SnapshotTable } from "./snapshot-records.ts";
import { Snapshots } from "./snapshots.ts";
import { temporaryDirectory } from "./staging.ts";
import { chooseStorageDriver, type StorageChoice, type StorageDriver } from "./storage-driver.ts";
import type { Transaction, TransactionWork } from "./transaction.ts";
import { Trash } from "./trash.ts";
import { UnpackThreads } from "./unpack-threads.ts";
import { VolumeFiles } from "./volume-files.ts";
import { VolumeTable } from "./volumes.ts";

export interface StoreOptions {
  /** How new containers' root file systems are made; undefined: the best that works. */
  readonly storageDriver?: StorageDriver | undefined;
  readonly idBounds?: IdBounds;
  /** Which archives of layers are kept beside their files. */
  readonly keepBlobs?: KeepBlobs;
  /** Takes what went wrong where nobody waits for an answer. */
  readonly report?: (error: unknown) => void;
}

/**
 * Everything that a data root holds: the database, and the files whose rows are in it. One process
 * has it at a time. Whatever a dead process left half done is removed when it is opened.
 */
export class Store implements Disposable {
  readonly dataRoot: string;
  readonly containers: ContainerTable;
  readonly images: ImageTable;
  readonly manifests: ManifestTable;
  readonly references: ImageReferenceTable;
  readonly layerBlobs: LayerBlobTable;
  readonly blobs: BlobStore;
  /** Downloads that can be taken up again. */
  readonly partials: PartialBlobs;
  readonly layers: LayerStore;
  /** Layers as archives again. */
  readonly archives: LayerArchives;
  readonly snapshots: Snapshots;
  readonly volumes: VolumeTable;
  readonly volumeFiles: VolumeFiles;
  readonly idRanges: IdRangeTable;
  readonly networks: NetworkTable;
  readonly settings: SettingTable;
  readonly trash: Trash;
  readonly diskUsage: DiskUsage;
  readonly databaseCheck: DatabaseCheck;
  readonly #threads = new UnpackThreads();
  readonly #measuring = new MeasureThread();
  readonly #keepBlobs: KeepBlobs;
  readonly #reserve: DiskReserve;
  readonly #db: Database;
  readonly #lock: RootLock;
  readonly #askedDriver: StorageDriver | undefined;
  #storage: StorageChoice | undefined;

  private constructor(dataRoot: string, held: Held, options: StoreOptions) {
    const { db, lock } = held;
    const { idBounds, report, keepBlobs = "auto" } = options;
    this.#keepBlobs = keepBlobs;
    this.#askedDriver = options.storageDriver;
    this.trash = new Trash(temporaryDirectory(dataRoot), report ?? (() => {}));
    this.dataRoot = dataRoot;
    this.#reserve = new DiskReserve(join(dataRoot, "reserve"));
    this.#db = db;
    this.#lock = lock;
    this.containers = new ContainerTable(db);
    this.images = new ImageTable(db);
    this.manifests = new ManifestTable(db);
    this.references = new ImageReferenceTable(db);
    this.layerBlobs = new LayerBlobTable(db);
    this.blobs = new BlobStore(dataRoot, this.layerBlobs);
    this.partials = new PartialBlobs(dataRoot);
    this.layers = new LayerStore(dataRoot, {
      table: new LayerTable(db),
      blobs: this.blobs,
      trash: this.trash,
      transaction: (work) => this.transaction(work),
    });
    this.archives = new LayerArchives(this);
    const limits = new SizeLimits(dataRoot);
    this.snapshots = new Snapshots({
      dataRoot,
      table: new SnapshotTable(db),
      images: this.images,
      layers: this.layers,
      trash: this.trash,
      limits,
      measuring: this.#measuring,
      driver: () => this.storage.driver,
      transaction: (work) => this.transaction(work),
    });
    this.volumes = new VolumeTable(db);
    this.volumeFiles = new VolumeFiles({
      dataRoot,
      table: this.volumes,
      trash: this.trash,
      limits,
      transaction: (work) => this.transaction(work),
    });
    this.idRanges = new IdRangeTable(db, idBounds ?? DEFAULT_ID_BOUNDS);
    this.networks = new NetworkTable(db);
    this.settings = new SettingTable(db);
    this.databaseCheck = new DatabaseCheck(db);
    this.diskUsage = new DiskUsage(dataRoot, this.#measuring);
  }

  /** Opens the data root, and makes it where there is none. */
  static open(dataRoot: string, options: StoreOptions = {}): Store {
    using undo = new DisposableStack();
    const root = resolve(dataRoot);
    makeRoot(root);
    const lock = undo.use(new RootLock(join(root, "lock")));
    const db = undo.adopt(openDatabase(join(root, "sampan.db")), (open) => open.close());
    const store = new Store(root, { db, lock }, options);
    store.#sweep();
    undo.move();
    return store;
  }

  /** How root file systems are made here; found out once. */
  get storage(): StorageChoice {
    const { dataRoot, settings, trash } = this;
    this.#storage ??= chooseStorageDriver({ dataRoot, settings, trash, asked: this.#askedDriver });
    return this.#storage;
  }

  /**
   * Runs `work` as one transaction: all of its changes are stored, or, when it throws, none. What it does
   * outside the database it gives `undo` the reverse of, since a commit may fail too, and be tried again.
   */
  transaction<Result>(work: TransactionWork<Result>): Result {
    try {
      const result = this.#runTransaction(work);
      this.#reserve.hold();
      return result;
    } catch (cause) {
      // On a full disk even a removal has to be written down before it makes room.
      if (!hasCode(cause, ["SQLITE_FULL"]) || !this.#reserve.release()) throw cause;
      return this.#runTransaction(work);
    }
  }

  /** Gives up pages of the database that are kept in memory. https://sqlite.org/pragma.html#pragma_shrink_memory */
  releaseMemory(): void {
    this.#db.run("PRAGMA shrink_memory");
  }

  #runTransaction<Result>(work: TransactionWork<Result>): Result {
    using undo = new DisposableStack();
    const result = this.#db.transaction(() => work(undo)).immediate();
    undo.move();
    return result;
  }

  /** Begins to bring images in. */
  newIntake(): ImageIntake {
    const { images, manifests, blobs } = this;
    const keepBlobs = this.#keepBlobs;
    return new ImageIntake({ ...this.#buildStores(), images, manifests, blobs, keepBlobs });
  }

  /** Begins to unpack one layer, for whichever images have it. */
  buildLayer(file: GrowingFile, target: Omit<UnpackTarget, "directory">): LayerBuild {
    return new LayerBuild(this.#buildStores(), file, target);
  }

  /** Removes an image that no reference names, with the layers that only it needed. */
  removeImage(id: Digest): RemovedImage {
    const topmost = this.images.listLayers(id).at(-1) ?? null;
    const unused = this.transaction(() => {
      this.images.remove(id);
      this.manifests.removeUnused();
      return this.layers.collect(topmost);
    });
    return { layers: unused, archiveBytes: this.layers.discard(unused) };
  }

  close(): void {
    this.#threads[Symbol.dispose]();
    this.#measuring[Symbol.dispose]();
    this.#db.close();
    this.#lock[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #buildStores(): LayerBuildStores {
    const { dataRoot, layers, layerBlobs, trash } = this;
    const transaction: Transaction = (work) => this.transaction(work);
    return { dataRoot, layers, layerBlobs, trash, threads: this.#threads, transaction };
  }

  /** Snapshots first, then layers, then blobs: each keeps those after it. */
  #sweep(): void {
    mkdirSync(temporaryDirectory(this.dataRoot), { recursive: true, mode: 0o700 });
    this.#sweepTemporary();
    this.snapshots.sweep((id) => this.containers.findById(id) !== undefined);
    this.transaction(() => {
      this.idRanges.removeAbandoned();
    });
    this.layers.sweep();
    this.blobs.sweep();
    this.partials.sweep();
  }

  /** What cannot be removed, as a file that a container made immutable, keeps nobody from starting. */
  #sweepTemporary(): void {
    const directory = temporaryDirectory(this.dataRoot);
    for (const name of readdirSync(directory)) this.trash.throwAway(join(directory, name));
  }
}

/** What went with an image. */
export interface RemovedImage {
  /** Topmost first. */
  readonly layers: readonly LayerRow[];
  /** Of the archives that were kept of them. */
  readonly archiveBytes: number;
}

/** What a store holds on to while it is open. */
interface Held {
  readonly db: Database;
  readonly lock: RootLock;
}

// SQLite takes paths of 512 bytes, and puts names at the end of the database's.
const MAX_ROOT_BYTES = 480;

function makeRoot(dataRoot: string): void {
  if (Buffer.byteLength(dataRoot) > MAX_ROOT_BYTES) {
    const message = `its path has ${Buffer.byteLength(dataRoot)} bytes, and ${MAX_ROOT_BYTES} are the most`;
    throw new EngineError("invalid", `Cannot use the data root "${dataRoot}": ${message}`);
  }
  try {
    // Others must not reach into it: layers hold set-user-id programs and device nodes of images.
    mkdirSync(dataRoot, { recursive: true, mode: 0o710 });
  } catch (cause) {
    throw explain(cause, `Cannot make the data root "${dataRoot}"`);
  }
}
