import { EngineError } from "../../base/errors.ts";
import type { RootSource, StartHooks } from "../../runtime/model.ts";
import type { Store } from "../../store/store.ts";
import type { EventBus } from "../events/event-bus.ts";
import type { HostFacts } from "../host-facts.ts";
import type { ImageRuntimeConfig } from "../image-facade.ts";
import type { Runtime } from "../runtime.ts";
import type { ContainerSet } from "./container-set.ts";
import type { ContainerRecord, Endpoint } from "./record.ts";
import type { Volumes } from "./volumes.ts";

/** What the work on containers is done with. */
export interface Context {
  readonly store: Pick<Store, "dataRoot" | "containers" | "idRanges" | "transaction">;
  readonly runtime: Runtime;
  readonly images: ContainerImages;
  readonly snapshots: Snapshots;
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
  readonly sizeBytes: number;
}

/** Writable layers on top of images, one for each container. */
export interface Snapshots {
  /** `owner` is the host's id for the container's root; what is in the way is an error. */
  create(id: string, options: { readonly imageId: string; readonly owner: number }): Promise<void>;
  /** Undefined: there is none. */
  find(id: string): Omit<RootSource, "volatile"> | undefined;
  /** The layers of an image, topmost first. */
  lowersOf(imageId: string): readonly string[];
  /** No error where it is gone already. */
  remove(id: string): Promise<void>;
}

/** A container's root file system; every container that is in the set has one. */
export function rootOf(
  { snapshots }: Pick<Context, "snapshots">,
  record: ContainerRecord,
): RootSource {
  const snapshot = snapshots.find(record.id);
  if (snapshot === undefined) {
    throw new EngineError("internal", `The files of container "${record.name}" are gone`);
  }
  // Nothing of a container that goes when it ends must survive a crash of the host.
  return { ...snapshot, volatile: record.config.host.autoRemove };
}

/** The bridge that containers are on by default. */
export interface ContainerNetwork {
  readonly id: string;
  readonly name: string;
  /** In CIDR notation. */
  readonly subnet: string;
  /** Takes an address; it stays the container's until release(). */
  reserve(containerId: string): Endpoint;
  /** Makes the link into the namespace and says what is to be set up in there. */
  connect(
    containerId: string,
    namespace: Parameters<NonNullable<StartHooks["connectNetwork"]>>[0],
  ): ReturnType<NonNullable<StartHooks["connectNetwork"]>>;
  /** Takes the link and the address back; idempotent. */
  release(containerId: string): Promise<void>;
  /** What is to be set up in a namespace without any network but its own. */
  loopback(): Awaited<ReturnType<NonNullable<StartHooks["connectNetwork"]>>>;
  hostsText(host: HostNames): string;
  resolvConfText(options: ResolverOptions): string;
}

/** What goes into /etc/hosts. */
export interface HostNames {
  readonly hostname: string;
  readonly domainname: string;
  /** Empty: the container has no network. */
  readonly address: string;
  /** `name:address`; `host-gateway` stands for the host. */
  readonly extraHosts: readonly string[];
}

/** What goes into /etc/resolv.conf; empty lists: as the host's. */
export interface ResolverOptions {
  readonly servers: readonly string[];
  readonly search: readonly string[];
  readonly options: readonly string[];
  /** The container is in the host's network namespace: the host's own resolver can be reached. */
  readonly hostNetwork: boolean;
}
