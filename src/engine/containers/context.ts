import type { Store } from "../../store/store.ts";
import type { CdiDevices } from "../devices/cdi-devices.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { HostFacts } from "../host-facts.ts";
import type { ImageRuntimeConfig } from "../image-facade.ts";
import type { LogOptions } from "../model.ts";
import type { ContainerNetworks } from "../networks/container-networks.ts";
import type { Runtime } from "../runtime.ts";
import type { VolumeSet } from "../volumes/volume-set.ts";
import type { Container } from "./container.ts";
import type { ContainerSet } from "./container-set.ts";

/** What the work on containers is done with. */
export interface Context {
  readonly store: Pick<
    Store,
    "dataRoot" | "containers" | "snapshots" | "idRanges" | "transaction" | "trash"
  >;
  readonly runtime: Runtime;
  readonly images: ContainerImages;
  readonly networks: ContainerNetworks;
  /** What `host-gateway` stands for: the default bridge's own address. */
  readonly hostGateway: string;
  /** What containers log with that ask for nothing else. */
  readonly defaultLog: LogOptions;
  readonly facts: HostFacts;
  readonly cdi: CdiDevices;
  readonly events: EventBus;
  readonly containers: ContainerSet;
  readonly volumes: VolumeSet;
  readonly supervision: Supervision;
  /** The daemon is about to end: what happens to containers from now on is the next one's to note. */
  readonly closing: AbortSignal;
  /** Takes what went wrong where nobody waits for an answer. */
  readonly report: (error: unknown) => void;
}

/** What goes along with the lives of containers: restarts, health checks, limits of time. */
export interface Supervision {
  /** Its program runs. */
  started(container: Container): void;
  /** Its program has ended, or is not to be started again. */
  ended(container: Container): void;
}

/** Finds the images that containers are made of. */
export interface ContainerImages {
  find(ref: string): ContainerImage | undefined;
}

/** What a container needs to know of its image. */
export interface ContainerImage {
  /** `sha256:…` */
  readonly id: string;
  readonly config: ImageRuntimeConfig;
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
  /** The highest user or group id of any file in it. */
  readonly maxId: number;
  /** Its layers, topmost first. */
  readonly lowers: readonly string[];
}
