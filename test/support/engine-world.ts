import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ContainerImage } from "../../src/engine/containers/context.ts";
import { type ClosableEngine, createEngine } from "../../src/engine/engine.ts";
import { EventBus } from "../../src/engine/events/event-bus.ts";
import type { Images } from "../../src/engine/image-facade.ts";
import { readCgroupLayout } from "../../src/linux/cgroup-layout.ts";
import { readHostFacts } from "../../src/linux/host-facts.ts";
import { BridgeNetwork } from "../../src/network/bridge-network.ts";
import { Runtime } from "../../src/runtime/runtime.ts";
import { Store } from "../../src/store/store.ts";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { imageConfig } from "./container-config.ts";
import { NetworkNamespace } from "./network-namespace.ts";

const INIT = join(import.meta.dir, "../../build/sampan-init");

/**
 * An engine on a real store, a real runtime and a bridge in a network namespace of its own, with
 * busybox as its one image. restart() is what a new daemon does.
 */
export class EngineWorld implements AsyncDisposable {
  readonly dataRoot = mkdtempSync("/var/tmp/se-");
  // Short: the path of a unix socket has 107 bytes at most.
  readonly execRoot = mkdtempSync("/run/se-");
  readonly reported: unknown[] = [];
  readonly #namespace = new NetworkNamespace();
  readonly #network: BridgeNetwork;
  #store: Store;
  #engine: ClosableEngine | undefined;
  readonly events = new EventBus();

  private constructor() {
    this.#store = Store.open(this.dataRoot);
    this.#network = this.#namespace.run(() => {
      const network = new BridgeNetwork({ bridge: "world0", address: "10.99.0.1/24", mtu: 1500 });
      network.ensure();
      return network;
    });
  }

  static async make(): Promise<EngineWorld> {
    const world = new EngineWorld();
    await importBusybox(world.#store);
    await world.#start();
    return world;
  }

  get engine(): ClosableEngine {
    if (this.#engine === undefined) throw new Error("The engine is between two lives");
    return this.#engine;
  }

  get store(): Store {
    return this.#store;
  }

  /** Ends this engine and its store; `meanwhile` happens while no daemon is there. */
  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.engine.shutdown();
    this.#store.close();
    this.#engine = undefined;
    await meanwhile();
    this.#store = Store.open(this.dataRoot);
    await this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of await this.engine.containers.list({
      all: true,
      size: false,
      filters: {},
    })) {
      await this.engine.containers.remove(id, { force: true, volumes: true, link: false });
    }
    await this.engine.shutdown();
    this.#store.close();
    this.#network[Symbol.dispose]();
    this.#namespace[Symbol.dispose]();
    for (const path of [this.dataRoot, this.execRoot]) rmSync(path, { recursive: true });
  }

  async #start(): Promise<void> {
    const { execRoot, events } = this;
    this.#engine = await createEngine({
      store: this.#store,
      runtime: new Runtime({ execRoot, initPath: INIT, cgroups: readCgroupLayout() }),
      network: this.#network,
      bridgeName: "world0",
      containerImages: { find: (ref) => (ref === "test" ? findBusybox(this.#store) : undefined) },
      images: { list: async () => [] } as unknown as Images,
      events,
      facts: readHostFacts(),
      execRoot,
      version: {
        version: "0",
        commit: "",
        kernel: "",
        os: "linux",
        architecture: "amd64",
        bun: Bun.version,
        builtAt: "",
      },
      report: (error) => this.reported.push(error),
    });
  }
}

async function importBusybox(store: Store): Promise<void> {
  await using intake = store.newIntake();
  const blob = await intake.receive(createReadStream(await ensureBusyboxArchive()));
  const layer = await intake.addLayer(blob, undefined);
  const config = { os: "linux", architecture: "amd64", rootfs: { diff_ids: [layer.row.diffId] } };
  const image = { config: Buffer.from(JSON.stringify(config)), layers: [layer] };
  intake.commit([image], () => {});
}

function findBusybox(store: Store): ContainerImage | undefined {
  const [image] = store.images.list();
  if (image === undefined) return undefined;
  const top = store.images.listLayers(image.id).at(-1)?.chainId ?? null;
  const { lowers, maxId } = store.layers.getChain(top);
  return {
    id: image.id,
    config: imageConfig({ command: ["sh"], env: ["FROM_IMAGE=yes"] }),
    os: "linux",
    architecture: "amd64",
    variant: "",
    maxId,
    lowers,
  };
}
