// The domain: containers, images, events, what Docker's words mean. Everything below does as it is
// told from here; everything above only translates. No system call is made in this layer, and
// nothing in it knows of HTTP.

import type { RegistryClient } from "../registry/registry-client.ts";
import type { Store } from "../store/store.ts";
import { AccountFiles } from "./containers/accounts.ts";
import { ContainerSet } from "./containers/container-set.ts";
import { EngineContainers } from "./containers/engine-containers.ts";
import { listContainers } from "./containers/list.ts";
import { ContainerMembers } from "./containers/network-members.ts";
import { recoverContainers } from "./containers/recover.ts";
import type { StartContext } from "./containers/start.ts";
import { EngineControl } from "./control/engine-control.ts";
import { CdiDevices } from "./devices/cdi-devices.ts";
import { EngineSystem } from "./engine-system.ts";
import { EventBus } from "./events/event-bus.ts";
import { ContainerExecs } from "./execs/container-execs.ts";
import type { Engine } from "./facade.ts";
import { EngineFiles, type FilesContext } from "./files/engine-files.ts";
import type { HostFacts } from "./host-facts.ts";
import { EngineRegistries } from "./images/engine-registries.ts";
import { StoredImages } from "./images/stored-images.ts";
import { Supervisor } from "./life/supervisor.ts";
import type { LogOptions } from "./model.ts";
import { ContainerNetworks } from "./networks/container-networks.ts";
import { EngineNetworks } from "./networks/engine-networks.ts";
import type { OpenedNetworks } from "./networks/open-networks.ts";
import type { Runtime } from "./runtime.ts";
import type { VersionInfo } from "./system-facade.ts";
import { EngineVolumes } from "./volumes/engine-volumes.ts";
import { VolumeSet } from "./volumes/volume-set.ts";

/** What the daemon's main gives the engine; all of it stays the daemon's to close. */
export interface EngineOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  /** Set up already. */
  readonly networks: OpenedNetworks;
  readonly facts: HostFacts;
  readonly execRoot: string;
  readonly version: VersionInfo;
  readonly registry: RegistryClient;
  /** Where files of the Container Device Interface are. */
  readonly cdiDirectories: readonly string[];
  /** What containers log with that ask for nothing else. */
  readonly defaultLog: LogOptions;
  /** How many layers are downloaded, and sent, at once. */
  readonly transfers: { readonly downloads: number; readonly uploads: number };
  /** Takes what went wrong where nobody waits for an answer. */
  readonly report: (error: unknown) => void;
}

/** An engine that can be left: its containers go on without it. */
export interface ClosableEngine extends Engine {
  /**
   * Ends when no work on a container is under way, and what is left of those that were removed is gone;
   * what happens to one later is the next daemon's.
   */
  shutdown(): Promise<void>;
}

/** Makes the engine, after taking up the containers that an earlier daemon left. */
export async function createEngine(options: EngineOptions): Promise<ClosableEngine> {
  const { store, runtime, facts } = options;
  const events = new EventBus();
  const images: StoredImages = new StoredImages(store, (...event) => tellOfImage(...event));
  const tellOfImage = imageListener(events, images);
  const { networks, planning, hostGateway } = options.networks;
  const containers = new ContainerSet();
  const volumes = new VolumeSet({ store, runtime, events, containers });
  const closing = new AbortController();
  const supervisor = new Supervisor();
  const context: StartContext = {
    store,
    runtime,
    networks: new ContainerNetworks({ networks, host: planning.host, events }),
    hostGateway,
    defaultLog: options.defaultLog,
    facts,
    cdi: new CdiDevices(options.cdiDirectories),
    events,
    containers,
    images,
    volumes,
    supervision: supervisor,
    accounts: new AccountFiles(runtime),
    closing: closing.signal,
    report: options.report,
  };
  const registries = openRegistries(options, images, tellOfImage);
  await recoverContainers(context);
  supervisor.begin(context);
  return {
    ...containerResources({ ...context, store, images }),
    images,
    networks: new EngineNetworks({
      ...planning,
      table: store.networks,
      events,
      members: new ContainerMembers(context),
      report: context.report,
    }),
    registries,
    volumes: new EngineVolumes({ store, events, volumes }),
    events,
    system: new EngineSystem({
      ...options,
      cdi: context.cdi,
      fetchLayer: (diffId, archives) => registries.fetchLayer(diffId, archives),
      containers,
      images,
      events,
      viewContainers: () => listContainers(context, { all: true, size: true, filters: {} }),
      bridge: options.networks.defaultBridge,
    }),
    shutdown: () => shutDown(closing, context),
  };
}

async function shutDown(
  closing: AbortController,
  { containers, runtime }: StartContext,
): Promise<void> {
  closing.abort();
  await Promise.all(containers.list().map(({ lock }) => lock.run(async () => {})));
  await runtime.settled();
}

/** All that is asked of containers. */
function containerResources(context: StartContext & FilesContext) {
  return {
    containers: new EngineContainers(context),
    control: new EngineControl(context),
    execs: new ContainerExecs(context),
    files: new EngineFiles(context),
  };
}

function openRegistries(
  { store, registry, transfers }: EngineOptions,
  images: StoredImages,
  onEvent: ReturnType<typeof imageListener>,
): EngineRegistries {
  const { downloads: maxDownloads, uploads: maxUploads } = transfers;
  return new EngineRegistries({ store, registry, images, maxDownloads, maxUploads, onEvent });
}

/** As Docker has it, an image's events have its labels too, as long as it is there. */
function imageListener(events: EventBus, images: Pick<StoredImages, "find">) {
  return (action: string, actorId: string, name: string): void => {
    const labels = action === "prune" ? {} : (images.find(actorId)?.config.labels ?? {});
    const attributes = action === "prune" ? { reclaimed: name } : { ...labels, name };
    events.publish({ type: "image", action, actorId, attributes });
  };
}
