// The domain: containers, images, events, what Docker's words mean. Everything below does as it is
// told from here; everything above only translates. No system call is made in this layer, and
// nothing in it knows of HTTP.

import { randomBytes } from "node:crypto";
import type { BridgeNetwork } from "../network/bridge-network.ts";
import type { Store } from "../store/store.ts";
import { Bridge } from "./bridge.ts";
import { AccountFiles } from "./containers/accounts.ts";
import { ContainerSet } from "./containers/container-set.ts";
import { EngineContainers } from "./containers/engine-containers.ts";
import { recoverContainers } from "./containers/recover.ts";
import type { StartContext } from "./containers/start.ts";
import { Volumes } from "./containers/volumes.ts";
import { EngineSystem } from "./engine-system.ts";
import { EventBus } from "./events/event-bus.ts";
import { ContainerExecs } from "./execs/container-execs.ts";
import type { Engine } from "./facade.ts";
import type { HostFacts } from "./host-facts.ts";
import { StoredImages } from "./images/stored-images.ts";
import type { Runtime } from "./runtime.ts";
import type { VersionInfo } from "./system-facade.ts";

/** What the daemon's main gives the engine; all of it stays the daemon's to close. */
export interface EngineOptions {
  readonly store: Store;
  readonly runtime: Runtime;
  /** Set up already. */
  readonly network: BridgeNetwork;
  /** The bridge's name on the host. */
  readonly bridgeName: string;
  readonly facts: HostFacts;
  readonly execRoot: string;
  readonly version: VersionInfo;
  /** Takes what went wrong where nobody waits for an answer. */
  readonly report: (error: unknown) => void;
}

/** An engine that can be left: its containers go on without it. */
export interface ClosableEngine extends Engine {
  /** Ends when no work on a container is under way; what happens to one later is the next daemon's. */
  shutdown(): Promise<void>;
}

/** Makes the engine, after taking up the containers that an earlier daemon left. */
export async function createEngine(options: EngineOptions): Promise<ClosableEngine> {
  const { store, runtime, facts } = options;
  const events = new EventBus();
  const images = new StoredImages(store, (action, actorId, name) =>
    events.publish({ type: "image", action, actorId, attributes: { name } }),
  );
  const network = new Bridge(options.network, store.settings.ensure("bridge-id", randomId));
  const containers = new ContainerSet();
  const closing = new AbortController();
  const context: StartContext = {
    store,
    runtime,
    network,
    facts,
    events,
    containers,
    images,
    volumes: new Volumes({ store, runtime, events }),
    accounts: new AccountFiles(runtime),
    closing: closing.signal,
    report: options.report,
  };
  await recoverContainers(context);
  return {
    containers: new EngineContainers(context),
    execs: new ContainerExecs(context),
    images,
    events,
    system: new EngineSystem({
      ...options,
      containers,
      images,
      bridge: { name: options.bridgeName, subnet: network.subnet },
    }),
    async shutdown() {
      closing.abort();
      await Promise.all(containers.list().map(({ lock }) => lock.run(async () => {})));
    },
  };
}

function randomId(): string {
  return randomBytes(32).toString("hex");
}
