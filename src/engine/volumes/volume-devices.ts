import { listMounts } from "../../store/check/check-leftovers.ts";
import type { Store } from "../../store/store.ts";
import type { Runtime } from "../runtime.ts";
import { deviceOf, type VolumeDevice } from "./volume-options.ts";

/** What the mounts of volumes are made with. */
export interface VolumeDeviceDependencies {
  readonly store: Pick<Store, "volumes" | "volumeFiles">;
  readonly runtime: Pick<Runtime, "mountVolume" | "unmountVolume">;
}

/**
 * What volumes with a device of their own are mounted from: on the host, as Docker has it, from when
 * the first who uses one begins until the last has ended.
 */
export class VolumeDevices {
  readonly #deps: VolumeDeviceDependencies;
  /** Who uses which volume. */
  readonly #users = new Map<string, Set<string>>();
  readonly #mounted = new Set<string>();
  readonly #mounting = new Map<string, Promise<void>>();

  constructor(deps: VolumeDeviceDependencies) {
    this.#deps = deps;
  }

  /**
   * What an earlier daemon left mounted stays as it is for those who use it still, and goes where
   * nobody does. `users` are those containers by the volume's name.
   */
  recover(users: ReadonlyMap<string, readonly string[]>): void {
    const { store, runtime } = this.#deps;
    for (const { name, options } of store.volumes.list()) {
      if (deviceOf(options) === undefined) continue;
      const directory = store.volumeFiles.directoryOf(name);
      const isMounted = listMounts(store.volumeFiles.homeOf(name)).includes(directory);
      const own = users.get(name) ?? [];
      if (isMounted && own.length === 0) runtime.unmountVolume(directory);
      if (!isMounted || own.length === 0) continue;
      this.#mounted.add(name);
      this.#users.set(name, new Set(own));
    }
  }

  /** Mounts a volume for a user, if it is not mounted yet; to be followed by release(). */
  async acquire(name: string, user: string): Promise<void> {
    const device = deviceOf(this.#deps.store.volumes.get(name).options);
    if (device === undefined) return;
    const users = this.#users.get(name) ?? new Set();
    this.#users.set(name, users.add(user));
    try {
      await this.#ensureMounted(name, device);
    } catch (cause) {
      this.#forget(name, user);
      throw cause;
    }
  }

  /** Unmounts a volume with its last user; no error where the user has none. */
  release(name: string, user: string): void {
    if (!this.#forget(name, user) || !this.#mounted.delete(name)) return;
    const { store, runtime } = this.#deps;
    runtime.unmountVolume(store.volumeFiles.directoryOf(name));
  }

  async #ensureMounted(name: string, device: VolumeDevice): Promise<void> {
    if (this.#mounted.has(name)) return;
    let mounting = this.#mounting.get(name);
    if (mounting === undefined) {
      mounting = this.#mount(name, device).finally(() => this.#mounting.delete(name));
      this.#mounting.set(name, mounting);
    }
    await mounting;
  }

  async #mount(name: string, device: VolumeDevice): Promise<void> {
    const { store, runtime } = this.#deps;
    await runtime.mountVolume(device, store.volumeFiles.directoryOf(name));
    this.#mounted.add(name);
  }

  /** True: it was the last. */
  #forget(name: string, user: string): boolean {
    const users = this.#users.get(name);
    if (users?.delete(user) !== true || users.size > 0) return false;
    this.#users.delete(name);
    return true;
  }
}
