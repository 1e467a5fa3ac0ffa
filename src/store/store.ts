import type { Database } from "bun:sqlite";
import { mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { explain } from "../base/errors.ts";
import type { Digest } from "../oci/digest.ts";
import { AddressTable } from "./addresses.ts";
import { BlobStore } from "./blobs.ts";
import { ContainerTable } from "./containers.ts";
import { openDatabase } from "./database.ts";
import { DEFAULT_ID_BOUNDS, type IdBounds, IdRangeTable } from "./id-ranges.ts";
import { ImageIntake } from "./image-intake.ts";
import { ImageTable } from "./image-records.ts";
import { ImageReferenceTable } from "./image-references.ts";
import { type LayerRow, LayerTable } from "./layer-records.ts";
import { LayerStore } from "./layers.ts";
import { RootLock } from "./root-lock.ts";
import { SettingTable } from "./settings.ts";
import { SnapshotTable } from "./snapshot-records.ts";
import { Snapshots } from "./snapshots.ts";
import { temporaryDirectory } from "./staging.ts";
import { Trash } from "./trash.ts";
import { VolumeTable } from "./volumes.ts";

export interface StoreOptions {
  readonly idBounds?: IdBounds;
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
  readonly references: ImageReferenceTable;
  readonly blobs: BlobStore;
  readonly layers: LayerStore;
  readonly snapshots: Snapshots;
  readonly volumes: VolumeTable;
  readonly idRanges: IdRangeTable;
  readonly addresses: AddressTable;
  readonly settings: SettingTable;
  readonly trash: Trash;
  readonly #db: Database;
  readonly #lock: RootLock;

  private constructor(dataRoot: string, held: Held, { idBounds, report }: StoreOptions) {
    const { db, lock } = held;
    this.trash = new Trash(temporaryDirectory(dataRoot), report ?? (() => {}));
    this.dataRoot = dataRoot;
    this.#db = db;
    this.#lock = lock;
    this.containers = new ContainerTable(db);
    this.images = new ImageTable(db);
    this.references = new ImageReferenceTable(db);
    this.blobs = new BlobStore(dataRoot, this.images);
    this.layers = new LayerStore(dataRoot, new LayerTable(db));
    this.snapshots = new Snapshots({
      dataRoot,
      table: new SnapshotTable(db),
      images: this.images,
      layers: this.layers,
      trash: this.trash,
      transaction: (work) => this.transaction(work),
    });
    this.volumes = new VolumeTable(db);
    this.idRanges = new IdRangeTable(db, idBounds ?? DEFAULT_ID_BOUNDS);
    this.addresses = new AddressTable(db);
    this.settings = new SettingTable(db);
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

  /** Runs `work` as one transaction: all of its changes are stored, or, when it throws, none. */
  transaction<Result>(work: () => Result): Result {
    return this.#db.transaction(work).immediate();
  }

  /** Begins to bring images in. */
  newIntake(): ImageIntake {
    return new ImageIntake({
      dataRoot: this.dataRoot,
      images: this.images,
      layers: this.layers,
      blobs: this.blobs,
      transaction: (work) => this.transaction(work),
    });
  }

  /** Removes an image that no reference names; returns the layers that go with it, topmost first. */
  async removeImage(id: Digest): Promise<readonly LayerRow[]> {
    const layers = this.images.listLayers(id);
    const unused = this.transaction(() => {
      this.images.remove(id);
      return this.layers.collect(layers.at(-1)?.chainId ?? null);
    });
    this.blobs.collect(layers.map(({ blobDigest }) => blobDigest));
    await this.layers.discard(unused);
    return unused;
  }

  close(): void {
    this.#db.close();
    this.#lock[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Snapshots first, then layers, then blobs: each keeps those after it. */
  #sweep(): void {
    mkdirSync(temporaryDirectory(this.dataRoot), { recursive: true, mode: 0o700 });
    this.#sweepTemporary();
    this.snapshots.sweep((id) => this.containers.findById(id) !== undefined);
    this.transaction(() => {
      this.idRanges.removeAbandoned();
      this.addresses.removeAbandoned();
    });
    this.layers.sweep();
    this.blobs.collect(this.blobs.list());
  }

  /** What cannot be removed, as a file that a container made immutable, keeps nobody from starting. */
  #sweepTemporary(): void {
    const directory = temporaryDirectory(this.dataRoot);
    for (const name of readdirSync(directory)) this.trash.throwAway(join(directory, name));
  }
}

/** What a store holds on to while it is open. */
interface Held {
  readonly db: Database;
  readonly lock: RootLock;
}

function makeRoot(dataRoot: string): void {
  try {
    // Others must not reach into it: layers hold set-user-id programs and device nodes of images.
    mkdirSync(dataRoot, { recursive: true, mode: 0o710 });
  } catch (cause) {
    throw explain(cause, `Cannot make the data root "${dataRoot}"`);
  }
}
