import type { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { explain } from "../base/errors.ts";
import { AddressTable } from "./addresses.ts";
import { ContainerTable } from "./containers.ts";
import { openDatabase } from "./database.ts";
import { DEFAULT_ID_BOUNDS, type IdBounds, IdRangeTable } from "./id-ranges.ts";
import { RootLock } from "./root-lock.ts";
import { SettingTable } from "./settings.ts";
import { VolumeTable } from "./volumes.ts";

export interface StoreOptions {
  readonly idBounds?: IdBounds;
}

/**
 * Everything that a data root holds: the database, and the files whose rows are in it. One process
 * has it at a time. Whatever a dead process left half done is removed when it is opened.
 */
export class Store implements Disposable {
  readonly dataRoot: string;
  readonly containers: ContainerTable;
  readonly volumes: VolumeTable;
  readonly idRanges: IdRangeTable;
  readonly addresses: AddressTable;
  readonly settings: SettingTable;
  readonly #db: Database;
  readonly #lock: RootLock;

  private constructor(dataRoot: string, held: { db: Database; lock: RootLock }, bounds: IdBounds) {
    this.dataRoot = dataRoot;
    this.#db = held.db;
    this.#lock = held.lock;
    this.containers = new ContainerTable(held.db);
    this.volumes = new VolumeTable(held.db);
    this.idRanges = new IdRangeTable(held.db, bounds);
    this.addresses = new AddressTable(held.db);
    this.settings = new SettingTable(held.db);
  }

  /** Opens the data root, and makes it where there is none. */
  static open(dataRoot: string, { idBounds = DEFAULT_ID_BOUNDS }: StoreOptions = {}): Store {
    using undo = new DisposableStack();
    makeRoot(dataRoot);
    const lock = undo.use(new RootLock(join(dataRoot, "lock")));
    const db = undo.adopt(openDatabase(join(dataRoot, "sampan.db")), (open) => open.close());
    const store = new Store(dataRoot, { db, lock }, idBounds);
    undo.move();
    return store;
  }

  /** Runs `work` as one transaction: all of its changes are stored, or, when it throws, none. */
  transaction<Result>(work: () => Result): Result {
    return this.#db.transaction(work).immediate();
  }

  close(): void {
    this.#db.close();
    this.#lock[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function makeRoot(dataRoot: string): void {
  try {
    // Others must not reach into it: layers hold set-user-id programs and device nodes of images.
    mkdirSync(dataRoot, { recursive: true, mode: 0o710 });
  } catch (cause) {
    throw explain(cause, `Cannot make the data root "${dataRoot}"`);
  }
}
