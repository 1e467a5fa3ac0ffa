import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ClosableEngine, createEngine } from "../../src/engine/engine.ts";
import { readCgroupLayout } from "../../src/linux/cgroup-layout.ts";
import { readHostFacts } from "../../src/linux/host-facts.ts";
import { BridgeNetwork } from "../../src/network/bridge-network.ts";
import { Runtime } from "../../src/runtime/runtime.ts";
import { Store } from "../../src/store/store.ts";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { containerConfig, type TestConfig } from "./container-config.ts";
import { NetworkNamespace } from "./network-namespace.ts";

/** A signal that never comes. */
export const FOREVER = new AbortController().signal;

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
    await world.#start();
    await world.engine.images.import(createReadStream(await ensureBusyboxArchive()), {
      target: "test",
      changes: ['CMD ["sh"]', "ENV FROM_IMAGE=yes"],
      message: "",
    });
    return world;
  }

  get engine(): ClosableEngine {
    if (this.#engine === undefined) throw new Error("The engine is between two lives");
    return this.#engine;
  }

  get store(): Store {
    return this.#store;
  }

  /** Creates a container of the test image; returns its id. */
  async create(config: TestConfig = {}, name?: string): Promise<string> {
    const { id } = await this.engine.containers.create({
      ...(name === undefined ? {} : { name }),
      config: containerConfig(config),
    });
    return id;
  }

  /** Creates and starts one. */
  async start(config: TestConfig = {}, name?: string): Promise<string> {
    const id = await this.create(config, name);
    await this.engine.containers.start(id);
    return id;
  }

  /** Creates one, runs it to its end and removes it; what it printed, and how it ended. */
  async run(config: TestConfig): Promise<{ output: string; exitCode: number }> {
    const id = await this.create(config);
    const { done } = await this.engine.containers.wait(id, "next-exit", FOREVER);
    await this.engine.containers.start(id);
    const { exitCode } = await done;
    const output = await this.logsOf(id);
    await this.remove(id);
    return { output, exitCode };
  }

  async logsOf(id: string): Promise<string> {
    const query = { stdout: true, stderr: true, follow: false };
    const { entries } = await this.engine.containers.logs(id, query, FOREVER);
    const parts: Uint8Array[] = [];
    for await (const batch of entries) parts.push(...batch.map(({ line }) => line));
    return Buffer.concat(parts).toString();
  }

  async remove(id: string): Promise<void> {
    await this.engine.containers.remove(id, { force: true, volumes: true, link: false });
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
    const all = { all: true, size: false, filters: {} };
    for (const { id } of await this.engine.containers.list(all)) await this.remove(id);
    await this.engine.shutdown();
    this.#store.close();
    this.#network[Symbol.dispose]();
    this.#namespace[Symbol.dispose]();
    for (const path of [this.dataRoot, this.execRoot]) rmSync(path, { recursive: true });
  }

  async #start(): Promise<void> {
    const { execRoot } = this;
    this.#engine = await createEngine({
      store: this.#store,
      runtime: new Runtime({
        execRoot,
        layerRoot: this.dataRoot,
        initPath: INIT,
        cgroups: readCgroupLayout(),
      }),
      network: this.#network,
      bridgeName: "world0",
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
