import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import { formatTime, nowNs } from "../../base/time.ts";
import type { RootSource } from "../../runtime/model.ts";
import type { Store } from "../../store/store.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { MountRequest } from "../model.ts";
import type { Runtime } from "../runtime.ts";
import { cleanTarget, type VolumeMount } from "../spec/container-mounts.ts";

type VolumeRequest = Extract<MountRequest, { kind: "volume" }>;

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** What volumes need of the layers below. */
export interface VolumeDependencies {
  readonly store: Pick<Store, "dataRoot" | "volumes">;
  readonly runtime: Pick<Runtime, "copyOut">;
  readonly events: EventBus;
}

/** Named and anonymous volumes: directories of the data root that outlive containers. */
export class Volumes {
  readonly #deps: VolumeDependencies;
  /** Volumes that are being made or filled, by name. */
  readonly #busy = new Map<string, Promise<void>>();

  constructor(deps: VolumeDependencies) {
    this.#deps = deps;
  }

  /** Gives a request its volume's name and directory; changes nothing. */
  resolve(request: VolumeRequest): VolumeMount {
    const anonymous = request.source === "";
    const name = anonymous ? randomBytes(32).toString("hex") : checkName(request.source);
    return { ...request, source: name, anonymous, directory: this.#directoryOf(name, "_data") };
  }

  /**
   * Makes a volume where there is none yet. An empty one is filled with what the image has at its
   * target. True: it was made, and can be taken back by remove().
   */
  async ensure(mount: VolumeMount, root: RootSource): Promise<boolean> {
    // Another container may be making and filling the same one.
    while (this.#busy.has(mount.source)) await this.#busy.get(mount.source);
    const work = this.#ensure(mount, root);
    const quiet = work.then(
      () => {},
      () => {},
    );
    this.#busy.set(mount.source, quiet);
    try {
      return await work;
    } finally {
      this.#busy.delete(mount.source);
    }
  }

  /** No error where it is gone already. */
  remove(name: string): void {
    const { store, events } = this.#deps;
    if (store.volumes.find(name) === undefined) return;
    rmSync(this.#directoryOf(name), { recursive: true, force: true });
    store.volumes.remove(name);
    events.publish(volumeEvent(name, "destroy"));
  }

  async #ensure(mount: VolumeMount, root: RootSource): Promise<boolean> {
    const { source: name, directory } = mount;
    const isNew = this.#deps.store.volumes.find(name) === undefined;
    try {
      if (isNew) this.#make(mount);
      if (!mount.noCopy && readdirSync(directory).length === 0) {
        await this.#deps.runtime.copyOut(root, cleanTarget(mount.target), directory);
      }
      return isNew;
    } catch (cause) {
      if (isNew) this.remove(name);
      throw cause;
    }
  }

  #make({ source: name, directory, anonymous }: VolumeMount): void {
    const { store, events } = this.#deps;
    store.volumes.insert({ name, labels: {}, createdAt: formatTime(nowNs()), anonymous });
    mkdirSync(directory, { recursive: true, mode: 0o755 });
    events.publish(volumeEvent(name, "create"));
  }

  #directoryOf(name: string, ...below: readonly string[]): string {
    return join(this.#deps.store.dataRoot, "volumes", name, ...below);
  }
}

function volumeEvent(name: string, action: "create" | "destroy") {
  return { type: "volume", action, actorId: name, attributes: { driver: "local" } } as const;
}

function checkName(name: string): string {
  if (NAME.test(name)) return name;
  if (name.length === 1) {
    const message =
      "volume name is too short, names should be at least two alphanumeric characters";
    throw new EngineError("invalid", message);
  }
  throw new EngineError(
    "invalid",
    `create ${name}: "${name}" includes invalid characters for a local volume name, only ` +
      '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, ' +
      "use absolute path",
  );
}
