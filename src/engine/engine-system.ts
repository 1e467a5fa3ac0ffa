import { randomUUID } from "node:crypto";
import type { CheckContext } from "../store/check/finding.ts";
import type { StorageChoice } from "../store/storage-driver.ts";
import type { Store } from "../store/store.ts";
import type { ContainerSet } from "./containers/container-set.ts";
import type { CdiDevices } from "./devices/cdi-devices.ts";
import { measureUsage } from "./disk-usage.ts";
import type { ContainerView } from "./facade.ts";
import type { HostFacts } from "./host-facts.ts";
import type { Images } from "./image-facade.ts";
import { LOG_DRIVERS } from "./logs/log-options.ts";
import type { LogOptions } from "./model.ts";
import { SystemCheck } from "./system-check.ts";
import type {
  CheckEvent,
  CheckOptions,
  DiskUsageKind,
  DiskUsageView,
  System,
  SystemInfo,
  VersionInfo,
} from "./system-facade.ts";

/** What the views of the system are made of. */
export interface SystemDependencies {
  readonly store: Store;
  readonly containers: ContainerSet;
  /** Measures the containers' writable layers. */
  readonly viewContainers: () => Promise<readonly ContainerView[]>;
  readonly images: Pick<Images, "list">;
  /** Gets a layer's archive from where it came from. */
  readonly fetchLayer: NonNullable<CheckContext["fetchLayer"]>;
  readonly bridge: SystemInfo["bridge"];
  readonly registry: { readonly settings: SystemInfo["registries"] };
  readonly defaultLog: LogOptions;
  readonly cdi: Pick<CdiDevices, "directories" | "list">;
  readonly facts: HostFacts;
  readonly execRoot: string;
  readonly events: { readonly listeners: number };
  readonly version: VersionInfo;
}

/** What the daemon says of itself and of its host. */
export class EngineSystem implements System {
  readonly #deps: SystemDependencies;
  readonly #id: string;
  readonly #check: SystemCheck;
  readonly #measuring = new Map<string, Promise<DiskUsageView>>();

  constructor(deps: SystemDependencies) {
    this.#deps = deps;
    const { containers, store } = deps;
    const find = (id: string) => containers.list().find((container) => container.id === id);
    this.#check = new SystemCheck({
      store,
      isMade: (id) => find(id) !== undefined,
      isRunning: (id) => find(id)?.isActive === true,
      fetchLayer: deps.fetchLayer,
    });
    this.#id = deps.store.settings.ensure("engine-id", randomUUID);
  }

  version(): VersionInfo {
    return this.#deps.version;
  }

  diskUsage(kinds: readonly DiskUsageKind[]): Promise<DiskUsageView> {
    const key = [...new Set(kinds)].sort().join();
    const running = this.#measuring.get(key);
    if (running !== undefined) return running;
    const measuring = measureUsage(this.#deps, kinds).finally(() => this.#measuring.delete(key));
    this.#measuring.set(key, measuring);
    return measuring;
  }

  check(options: CheckOptions): AsyncIterable<CheckEvent> {
    return this.#check.start(options);
  }

  async info(): Promise<SystemInfo> {
    const { facts, store, bridge, execRoot } = this.#deps;
    const images = await this.#deps.images.list({ all: true, filters: {} });
    return {
      id: this.#id,
      containers: this.#countContainers(),
      images: images.length,
      storageDriver: store.storage.driver,
      storageStatus: describeStorage(store.storage),
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
      logDriver: this.#deps.defaultLog.driver,
      logDrivers: LOG_DRIVERS,
      cdi: { directories: this.#deps.cdi.directories, devices: this.#deps.cdi.list() },
      registries: this.#deps.registry.settings,
      bridge,
      eventListeners: this.#deps.events.listeners,
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

function describeStorage({
  driver,
  backing,
  obstacle,
}: StorageChoice): SystemInfo["storageStatus"] {
  return [
    ["Backing Filesystem", backing],
    ["Layers", driver === "overlay" ? "idmapped" : "copied"],
    ...(obstacle === undefined ? [] : [["No overlay", obstacle] as const]),
    ["Database", "SQLite"],
  ];
}
