import { readdirSync } from "node:fs";
import type { RootSource } from "../../runtime/model.ts";
import type { Runtime } from "../runtime.ts";
import { cleanTarget, type VolumeMount } from "../spec/container-mounts.ts";
import type { VolumeDevices } from "./volume-devices.ts";

/** A volume's place in a container, and what is known of the volume. */
export interface Filling {
  readonly mount: VolumeMount;
  /** It is mounted from elsewhere. */
  readonly hasDevice: boolean;
}

/** Fills empty volumes with what images have at their places. */
export class VolumeFilling {
  readonly #runtime: Pick<Runtime, "copyOut">;
  readonly #devices: VolumeDevices;
  /** By the volume's name. */
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(runtime: Pick<Runtime, "copyOut">, devices: VolumeDevices) {
    this.#runtime = runtime;
    this.#devices = devices;
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
      await this.#copy(mount, root);
    } finally {
      this.#underWay.delete(name);
      done.resolve();
    }
  }

  async #copy({ source: name, directory, target, subpath }: VolumeMount, root: RootSource) {
    const user = `copy to ${target}`;
    try {
      await this.#runtime.copyOut(root, cleanTarget(target), async () => {
        await this.#devices.acquire(name, user);
        return { source: directory, ...(subpath === undefined ? {} : { subpath }) };
      });
    } finally {
      this.#devices.release(name, user);
    }
  }
}
