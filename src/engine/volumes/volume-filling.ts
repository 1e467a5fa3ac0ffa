import { readdirSync } from "node:fs";
import type { RootSource } from "../../runtime/model.ts";
import type { Store } from "../../store/store.ts";
import type { Runtime } from "../runtime.ts";
import { cleanTarget, type VolumeMount } from "../spec/container-mounts.ts";
import type { VolumeDevices } from "./volume-devices.ts";

/** A volume's place in a container, and what is known of the volume. */
export interface Filling {
  readonly mount: VolumeMount;
  /** It is mounted from elsewhere. */
  readonly hasDevice: boolean;
}

/** What the filling of volumes needs. */
export interface VolumeFillingDependencies {
  readonly store: Pick<Store, "volumes" | "volumeFiles">;
  readonly runtime: Pick<Runtime, "copyOut">;
  readonly devices: VolumeDevices;
  /** Whether a container has a volume, or other work goes on in it. */
  readonly isUsed: (name: string) => boolean;
}

/** Fills empty volumes with what images have at their places. */
export class VolumeFilling {
  readonly #deps: VolumeFillingDependencies;
  /** By the volume's name. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(deps: VolumeFillingDependencies) {
    this.#deps = deps;
  }

  /** Empties volumes again that an earlier daemon had not filled when it died. */
  recover(report: (error: unknown) => void): void {
    const { volumes, volumeFiles } = this.#deps.store;
    for (const { name } of volumes.list()) {
      try {
        if (volumeFiles.isBeingFilled(name)) this.#undo(name);
      } catch (cause) {
        report(cause);
      }
    }
  }

  async fill({ mount, hasDevice }: Filling, root: RootSource): Promise<void> {
    const { source: name, directory, noCopy, subpath } = mount;
    if (noCopy) return;
    // Another container may be filling the same one.
    while (this.#underWay.has(name)) await this.#underWay.get(name);
    const isWhole = subpath === undefined && !hasDevice;
    // Looked at first where that is easy: an image's root takes longer to look into.
    if (isWhole && readdirSync(directory).length > 0) return;
    const done = Promise.withResolvers<void>();
    this.#underWay.set(name, done.promise);
    try {
      if (isWhole) await this.#copyNoted(mount, root);
      else await this.#copyToPart(mount, root);
    } finally {
      this.#underWay.delete(name);
      done.resolve();
    }
  }

  /** Whatever ends it, half a copy does not pass for the user's files, which nobody would add to. */
  async #copyNoted({ source: name, directory, target }: VolumeMount, root: RootSource) {
    const { runtime, store } = this.#deps;
    try {
      await runtime.copyOut(root, cleanTarget(target), async () => {
        if (readdirSync(directory).length === 0) store.volumeFiles.beginFilling(name);
        return { source: directory };
      });
    } catch (cause) {
      if (store.volumeFiles.isBeingFilled(name)) this.#undo(name);
      throw cause;
    }
    store.volumeFiles.endFilling(name);
  }

  /** Into a directory of a volume, or into what is mounted on it. */
  async #copyToPart({ source: name, directory, target, subpath }: VolumeMount, root: RootSource) {
    const { runtime, devices } = this.#deps;
    const user = `copy to ${target}`;
    try {
      await runtime.copyOut(root, cleanTarget(target), async () => {
        await devices.acquire(name, user);
        return { source: directory, ...(subpath === undefined ? {} : { subpath }) };
      });
    } finally {
      devices.release(name, user);
    }
  }

  /** What others may have written meanwhile stays. */
  #undo(name: string): void {
    const { store, isUsed } = this.#deps;
    if (!isUsed(name)) store.volumeFiles.empty(name);
    store.volumeFiles.endFilling(name);
  }
}
