import { randomUUID } from "node:crypto";
import type { Store } from "../store/store.ts";
import type { ContainerSet } from "./containers/container-set.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Images } from "./image-facade.ts";
import type { System, SystemInfo, VersionInfo } from "./system-facade.ts";

/** What the views of the system are made of. */
export interface SystemDependencies {
  readonly store: Pick<Store, "dataRoot" | "settings">;
  readonly containers: ContainerSet;
  readonly images: Pick<Images, "list">;
  readonly bridge: SystemInfo["bridge"];
  readonly facts: HostFacts;
  readonly execRoot: string;
  readonly version: VersionInfo;
}

/** What the daemon says of itself and of its host. */
export class EngineSystem implements System {
  readonly #deps: SystemDependencies;
  readonly #id: string;

  constructor(deps: SystemDependencies) {
    this.#deps = deps;
    this.#id = deps.store.settings.ensure("engine-id", randomUUID);
  }

  version(): VersionInfo {
    return this.#deps.version;
  }

  async info(): Promise<SystemInfo> {
    const { facts, store, bridge, execRoot } = this.#deps;
    const images = await this.#deps.images.list({ all: true, filters: {} });
    return {
      id: this.#id,
      containers: this.#countContainers(),
      images: images.length,
      storageDriver: "overlay2",
      storageStatus: [
        ["Layers", "idmapped"],
        ["Database", "SQLite"],
      ],
      dataRoot: store.dataRoot,
      execRoot,
      kernel: facts.kernel,
      operatingSystem: facts.operatingSystem,
      osVersion: facts.osVersion,
      architecture: facts.architecture,
      cpus: facts.cpus,
      memoryBytes: facts.memoryBytes,
      name: facts.hostname,
      cgroupDriver: "cgroupfs",
      cgroupVersion: facts.cgroupVersion,
      limits: facts.limits,
      securityOptions: facts.securityOptions,
      warnings: facts.warnings,
      ipForwarding: facts.ipForwarding,
      logDrivers: ["json-file", "none"],
      bridge,
    };
  }

  #countContainers(): SystemInfo["containers"] {
    const statuses = this.#deps.containers.list().map(({ record }) => record.state.status);
    const count = (status: string) => statuses.filter((each) => each === status).length;
    const running = count("running");
    const paused = count("paused");
    return { running, paused, stopped: statuses.length - running - paused };
  }
}
