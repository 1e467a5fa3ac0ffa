import { randomBytes } from "node:crypto";
import { EngineError, explain } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import type { RootSource } from "../../runtime/model.ts";
import type { Store } from "../../store/store.ts";
import type { VolumeRow } from "../../store/volumes.ts";
import type { Container } from "../containers/container.ts";
import type { ContainerSet } from "../containers/container-set.ts";
import type { ContainerRecord } from "../containers/record.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { MountRequest } from "../model.ts";
import type { Runtime } from "../runtime.ts";
import type { VolumeMount } from "../spec/container-mounts.ts";
import type { VolumeRequest } from "../volume-facade.ts";
import { VolumeDevices } from "./volume-devices.ts";
import { mountedEvent, volumeEvent, volumesOf } from "./volume-events.ts";
import { VolumeFilling } from "./volume-filling.ts";
import { parseVolumeName } from "./volume-name.ts";
import {
  checkVolumeOptions,
  deviceOf,
  sizeLimitOf,
  type VolumeDevice,
  type VolumeOptions,
} from "./volume-options.ts";

/** What volumes need of the layers below. */
export interface VolumeDependencies {
  readonly store: Pick<Store, "volumes" | "volumeFiles">;
  readonly runtime: Pick<Runtime, "copyOut" | "mountVolume" | "unmountVolume">;
  readonly events: EventBus;
  readonly containers: Pick<ContainerSet, "list" | "listAll">;
}

/** Named and anonymous volumes: directories of the data root that outlive containers. */
export class VolumeSet {
  readonly devices: VolumeDevices;
  readonly #deps: VolumeDependencies;
  readonly #filling: VolumeFilling;
  /** Work on the files of volumes, and of which. */
  readonly #holds = new Map<string, string>();

  constructor(deps: VolumeDependencies) {
    this.#deps = deps;
    this.devices = new VolumeDevices(deps);
    this.#filling = new VolumeFilling({
      ...deps,
      devices: this.devices,
      // Those that are being made wait for their volumes.
      isUsed: (name) => this.#usersAmong(deps.containers.list(), name).length > 0,
    });
  }

  /** Gives a request its volume's name and directory; changes nothing. */
  resolve(request: Extract<MountRequest, { kind: "volume" }>): VolumeMount {
    const anonymous = request.source === "";
    const name = anonymous ? newName() : parseVolumeName(request.source);
    this.#checkOptions(name, request.options ?? {});
    const directory = this.#deps.store.volumeFiles.directoryOf(name);
    return { ...request, source: name, anonymous, directory };
  }

  /** What a mount's files will come from; undefined: the volume's own directory. */
  deviceOf({ source, options = {} }: VolumeMount): VolumeDevice | undefined {
    return deviceOf(this.#deps.store.volumes.find(source)?.options ?? options);
  }

  /** Makes a volume, or finds the one of that name, however it was made. */
  create(request: VolumeRequest): VolumeRow {
    const anonymous = request.name === "";
    const name = anonymous ? newName() : parseVolumeName(request.name);
    this.#checkOptions(name, request.options);
    this.#ensure({ ...request, name, anonymous });
    return this.#deps.store.volumes.get(name);
  }

  /** Makes a mount's volume where there is none yet. True: it was made. */
  make({ source: name, anonymous, labels = {}, options = {} }: VolumeMount): boolean {
    return this.#ensure({ name, anonymous, labels, options });
  }

  /** Fills an empty volume with what the image has at the mount's target. */
  async fill(mount: VolumeMount, root: RootSource): Promise<void> {
    const hasDevice = this.deviceOf(mount) !== undefined;
    await this.#filling.fill({ mount, hasDevice }, root);
  }

  /** Until it is disposed of a volume's files are there, and the volume is in use by `what`. */
  async hold(name: string, what: string): Promise<Disposable> {
    this.#deps.store.volumes.get(name);
    const user = `${what} ${newName().slice(0, 12)}`;
    const hold = new DisposableStack();
    this.#holds.set(user, name);
    hold.defer(() => this.#holds.delete(user));
    hold.defer(() => this.devices.release(name, user));
    try {
      await this.devices.acquire(name, user);
      return hold;
    } catch (cause) {
      hold.dispose();
      throw cause;
    }
  }

  /** Refuses one that a container has, whether it runs or not. */
  remove(name: string): void {
    this.#deps.store.volumes.get(name);
    const users = this.usersOf(name);
    if (users.length > 0) {
      const message = `remove ${name}: volume is in use - [${users.join(", ")}]`;
      throw new EngineError("conflict", message);
    }
    this.#remove(name);
  }

  /** Removes a volume, if it is there and nobody uses it. True: it did. */
  removeUnused(name: string): boolean {
    const isThere = this.#deps.store.volumes.find(name) !== undefined;
    if (!isThere || this.usersOf(name).length > 0) return false;
    this.#remove(name);
    return true;
  }

  /** The names of the volumes that containers have, those that are being made too. */
  listUsed(): ReadonlySet<string> {
    const mounts = this.#deps.containers
      .listAll()
      .flatMap(({ record }) => volumesOf(record.mounts));
    return new Set(mounts.map(({ source }) => source));
  }

  /** The ids of the containers that have a volume, or are being made with it, and what else works on it. */
  usersOf(name: string): readonly string[] {
    return this.#usersAmong(this.#deps.containers.listAll(), name);
  }

  /** Makes a container's volumes ready for its start. */
  async enter({ id, mounts }: ContainerRecord): Promise<void> {
    const own = volumesOf(mounts);
    try {
      for (const { source, directory } of own) {
        await this.devices.acquire(source, id).catch((cause) => {
          throw explain(cause, `error while mounting volume '${directory}'`);
        });
      }
    } catch (cause) {
      for (const { source } of own) this.devices.release(source, id);
      throw cause;
    }
    const sorted = own.toSorted((one, other) => (one.target < other.target ? -1 : 1));
    for (const mount of sorted) this.#deps.events.publish(mountedEvent(id, mount));
  }

  /** Takes up the volumes of containers that have run on without a daemon, and what it had begun. */
  recover(running: readonly ContainerRecord[], report: (error: unknown) => void): void {
    const users = new Map<string, string[]>();
    for (const { id, mounts } of running) {
      for (const { source } of volumesOf(mounts)) {
        users.set(source, [...(users.get(source) ?? []), id]);
      }
    }
    this.devices.recover(users);
    this.#filling.recover(report);
  }

  /** The reverse of enter(). */
  leave({ id, mounts }: ContainerRecord): void {
    for (const { source } of volumesOf(mounts)) {
      this.devices.release(source, id);
      this.#deps.events.publish(volumeEvent(source, "unmount", { container: id }));
    }
  }

  #usersAmong(containers: readonly Container[], name: string): readonly string[] {
    const users = containers
      .filter(({ record }) => volumesOf(record.mounts).some(({ source }) => source === name))
      .map(({ id }) => id);
    const held = [...this.#holds].filter(([, volume]) => volume === name);
    return [...users, ...held.map(([user]) => user)];
  }

  #checkOptions(name: string, options: VolumeOptions): void {
    try {
      checkVolumeOptions(options);
      if (sizeLimitOf(options) > 0) this.#deps.store.volumeFiles.checkSizeLimit();
    } catch (cause) {
      throw explain(cause, `create ${name}`);
    }
  }

  #ensure(wanted: Omit<VolumeRow, "createdAt" | "projectId">): boolean {
    const { store, events } = this.#deps;
    if (store.volumes.find(wanted.name) !== undefined) return false;
    const { name, labels, options, anonymous } = wanted;
    const row = { name, labels, options, anonymous, createdAt: formatTime(nowNs()) };
    store.volumeFiles.create({ ...row, sizeBytes: sizeLimitOf(options) });
    events.publish(volumeEvent(name, "create"));
    return true;
  }

  #remove(name: string): void {
    this.#deps.store.volumeFiles.remove(name);
    this.#deps.events.publish(volumeEvent(name, "destroy"));
  }
}

function newName(): string {
  return randomBytes(32).toString("hex");
}
