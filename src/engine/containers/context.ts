import type { StartHooks } from "../../runtime/model.ts";
import type { Store } from "../../store/store.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { HostFacts } from "../host-facts.ts";
import type { ImageRuntimeConfig } from "../image-facade.ts";
import type { Runtime } from "../runtime.ts";
import type { ContainerSet } from "./container-set.ts";
import type { Endpoint } from "./record.ts";
import type { Volumes } from "./volumes.ts";

/** What the work on containers is done with. */
export interface Context {
  readonly store: Pick<Store, "dataRoot" | "containers" | "snapshots" | "idRanges" | "transaction">;
  readonly runtime: Runtime;
  readonly images: ContainerImages;
  readonly network: ContainerNetwork;
  readonly facts: HostFacts;
  readonly events: EventBus;
  readonly containers: ContainerSet;
  readonly volumes: Volumes;
  /** The daemon is about to end: what happens to containers from now on is the next one's to note. */
  readonly closing: AbortSignal;
  /** Takes what went wrong where nobody waits for an answer. */
  readonly report: (error: unknown) => void;
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

/** The bridge that containers are on by default. None of it waits: the kernel works meanwhile. */
export interface ContainerNetwork {
  readonly id: string;
  readonly name: string;
  /** The host's address there. */
  readonly gateway: string;
  /** Takes an address; it is the container's until release(). */
  reserve(): Endpoint;
  /** Takes the address that a container has which is running already. */
  adopt(endpoint: Endpoint): void;
  /** Makes the link into the namespace and says what is to be set up in there. */
  connect(containerId: string, endpoint: Endpoint, namespaceFd: number): NamespaceSetup;
  /** Takes the link and the address back; no error where they are gone. */
  release(containerId: string, endpoint: Endpoint): void;
  /** Takes away the links of all containers but these. */
  releaseAllBut(containerIds: readonly string[]): void;
  /** What is to be set up in a namespace without any network but its own. */
  loopback(): NamespaceSetup;
}

/** What init is told to ask of rtnetlink in a container's network namespace. */
export type NamespaceSetup = Awaited<ReturnType<NonNullable<StartHooks["connectNetwork"]>>>;
