import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import { listMounts } from "./check/check-leftovers.ts";
import { explainDisk } from "./disk-error.ts";
import type { SizeLimits } from "./size-limits.ts";
import type { Transaction } from "./transaction.ts";
import type { Trash } from "./trash.ts";
import type { VolumeRow, VolumeTable } from "./volumes.ts";

/** What volumes are made with. */
export interface VolumeStores {
  readonly dataRoot: string;
  readonly table: VolumeTable;
  readonly trash: Trash;
  readonly limits: SizeLimits;
  readonly transaction: Transaction;
}

/** A volume to be made. */
export interface NewVolume extends Omit<VolumeRow, "projectId"> {
  /** How much may be in it; 0: as much as there is room for. */
  readonly sizeBytes: number;
}

/** Volumes as rows with a directory each. All of it happens at once: nobody sees one half made. */
export class VolumeFiles {
  readonly #stores: VolumeStores;

  constructor(stores: VolumeStores) {
    this.#stores = stores;
  }

  /** Throws where no volume can be limited to a size. */
  checkSizeLimit(): void {
    if (this.#stores.limits.isSupported()) return;
    throw new EngineError("invalid", "quota size requested but no quota support");
  }

  /** Makes a volume that must not be there. A failure leaves nothing. */
  create({ sizeBytes, ...volume }: NewVolume): void {
    const { table, trash, limits, transaction } = this.#stores;
    const home = this.homeOf(volume.name);
    const directory = this.directoryOf(volume.name);
    try {
      transaction((undo) => {
        const isTaken = (project: number) => table.hasProject(project);
        const projectId = sizeBytes === 0 ? null : limits.findProject(isTaken);
        table.insert({ ...volume, projectId });
        // What somebody put there before stays.
        if (!existsSync(home)) undo.defer(() => trash.throwAway(home));
        mkdirSync(directory, { recursive: true, mode: 0o755 });
        if (projectId === null) return;
        undo.defer(() => limits.clear(projectId));
        limits.apply(projectId, { bytes: sizeBytes, directories: [directory] });
      });
    } catch (cause) {
      throw explainDisk(cause, `Cannot make volume "${volume.name}"`);
    }
  }

  /** Removes a volume with all that is in it, but nothing that is mounted there. */
  remove(name: string): void {
    const { table, trash, limits, transaction } = this.#stores;
    const { projectId } = table.get(name);
    const [mounted] = listMounts(this.homeOf(name));
    if (mounted !== undefined) {
      const message = `something is mounted on "${mounted}"; unmount it first`;
      throw new EngineError("conflict", `Cannot remove volume "${name}": ${message}`);
    }
    trash.throwAway(this.homeOf(name));
    transaction(() => table.remove(name));
    if (projectId !== null) limits.clear(projectId);
  }

  /** Takes out all that is in a volume that nobody uses. */
  empty(name: string): void {
    const { table, trash, limits } = this.#stores;
    const { projectId } = table.get(name);
    const directory = this.directoryOf(name);
    const fresh = `${directory}.new`;
    try {
      trash.throwAway(fresh);
      mkdirSync(fresh, { recursive: true, mode: 0o755 });
      if (projectId !== null) limits.join(projectId, fresh);
      trash.throwAway(directory);
      renameSync(fresh, directory);
    } catch (cause) {
      throw explainDisk(cause, `Cannot empty volume "${name}"`);
    }
  }

  /** Notes that a volume is being filled: the next daemon finds the note if this one dies meanwhile. */
  beginFilling(name: string): void {
    writeFileSync(this.#fillingNote(name), "");
  }

  endFilling(name: string): void {
    rmSync(this.#fillingNote(name), { force: true });
  }

  /** Whether its filling has begun and not ended. */
  isBeingFilled(name: string): boolean {
    return existsSync(this.#fillingNote(name));
  }

  /** Where its files are, or will be. */
  directoryOf(name: string): string {
    return join(this.homeOf(name), "_data");
  }

  /** The directory that goes with it. */
  homeOf(name: string): string {
    return join(this.#stores.dataRoot, "volumes", name);
  }

  #fillingNote(name: string): string {
    return join(this.homeOf(name), "filling");
  }
}
