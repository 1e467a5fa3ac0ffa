import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
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
   * Makes a volume where there is none yet, filled with what the image has at its target. True: it
   * was made, and can be taken back by remove().
   */
  async ensure(mount: VolumeMount, root: RootSource): Promise<boolean> {
    const { store, events, runtime } = this.#deps;
    const { source: name, anonymous, directory } = mount;
    if (store.volumes.find(name) !== undefined) return false;
    // The row comes first: it is what keeps two from making the same one.
    store.volumes.insert({ name, labels: {}, createdAt: formatTime(nowNs()), anonymous });
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      if (!mount.noCopy) await runtime.copyOut(root, cleanTarget(mount.target), directory);
    } catch (cause) {
      this.remove(name);
      throw cause;
    }
    events.publish({
      type: "volume",
      action: "create",
      actorId: name,
      attributes: { driver: "local" },
    });
    return true;
  }

  /** No error where it is gone already. */
  remove(name: string): void {
    const { store, events } = this.#deps;
    if (store.volumes.find(name) === undefined) return;
    rmSync(this.#directoryOf(name), { recursive: true, force: true });
    store.volumes.remove(name);
    events.publish({
      type: "volume",
      action: "destroy",
      actorId: name,
      attributes: { driver: "local" },
    });
  }

  #directoryOf(name: string, ...below: readonly string[]): string {
    return join(this.#deps.store.dataRoot, "volumes", name, ...below);
  }
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
