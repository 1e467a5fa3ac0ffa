import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ClosableEngine, createEngine } from "../../src/engine/engine.ts";
import type { ContainerNetworkView } from "../../src/engine/facade.ts";
import { openNetworks } from "../../src/engine/networks/open-networks.ts";
import { cgroupAt } from "../../src/linux/cgroup.ts";
import { readCgroupLayout } from "../../src/linux/cgroup-layout.ts";
import { readHostFacts } from "../../src/linux/host-facts.ts";
import { HostNetworking } from "../../src/network/host-networking.ts";
import { RegistryClient } from "../../src/registry/registry-client.ts";
import { Runtime } from "../../src/runtime/runtime.ts";
import { Store } from "../../src/store/store.ts";
import { ensureBusyboxArchive } from "./busybox-image.ts";
import { containerConfig, type TestConfig } from "./container-config.ts";
import { NetworkNamespace } from "./network-namespace.ts";
import { splitFrames } from "./program-output.ts";

/** A container's IPv4 address on the first of its networks. */
export function addressOf({ endpoints }: ContainerNetworkView): string | undefined {
  return endpoints[0]?.ipv4.address;
}

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
  readonly #cgroups = readCgroupLayout();
  readonly #created: string[] = [];
  readonly #namespace = new NetworkNamespace();
  readonly #host: HostNetworking;
  #store: Store;
  #engine: ClosableEngine | undefined;

  private constructor() {
    this.#store = Store.open(this.dataRoot);
    this.#host = this.#namespace.run(() => new HostNetworking("world0"));
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
    this.#created.push(id);
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
    const { tty, output } = await this.engine.containers.logs(id, query, FOREVER);
    const bytes = Buffer.concat(await Array.fromAsync(output));
    if (tty) return bytes.toString();
    return Buffer.concat(splitFrames(bytes).map(({ body }) => body)).toString();
  }

  async remove(id: string): Promise<void> {
    await this.engine.containers.remove(id, { force: true, volumes: true, link: false });
  }

  /** Ends this engine and its store; `meanwhile` happens while no daemon is there. */
  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.engine.shutdown();
    this.#store.close();
    this.#engine = undefined;
    try {
      await meanwhile();
    } finally {
      // Also where that failed: the other tests of the file go on in this world, and leave it.
      this.#store = Store.open(this.dataRoot);
      await this.#start();
    }
  }

  /** Where a container's cgroup is, or was: one directory for each hierarchy. */
  cgroupsOf(id: string): readonly string[] {
    return cgroupAt(this.#cgroups, `/sampan/${id}`).directories;
  }

  /** Leaves the world; what went wrong in it where nobody waited for an answer is an error. */
  async end(): Promise<void> {
    await this[Symbol.asyncDispose]();
    if (this.reported.length > 0) throw new AggregateError(this.reported, "It was reported");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = { all: true, size: false, filters: {} };
    for (const { id } of await this.engine.containers.list(all)) await this.remove(id);
    await this.engine.shutdown();
    this.#store.close();
    this.#host[Symbol.dispose]();
    this.#namespace[Symbol.dispose]();
    for (const path of [this.dataRoot, this.execRoot]) rmSync(path, { recursive: true });
    const left = this.#created.flatMap((id) => this.cgroupsOf(id)).filter(existsSync);
    if (left.length > 0) throw new Error(`Left behind:\n${left.join("\n")}`);
  }

  #openNetworks() {
    return openNetworks({
      store: this.#store,
      host: this.#host,
      network: { bridge: "world0", address: "10.99.0.1/24", mtu: 1500, pools: [] },
      report: (error) => this.reported.push(error),
    });
  }

  async #start(): Promise<void> {
    const { execRoot } = this;
    this.#engine = await createEngine({
      store: this.#store,
      runtime: new Runtime({
        execRoot,
        layerRoot: this.dataRoot,
        initPath: INIT,
        cgroups: this.#cgroups,
      }),
      networks: this.#namespace.run(() => this.#openNetworks()),
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
      registry: new RegistryClient({
        mirrors: [],
        insecure: [],
        certificateRoots: [],
        proxies: {},
        maxAttempts: 1,
        userAgent: "test",
      }),
      transfers: { downloads: 3, uploads: 5 },
      defaultLog: { driver: "json-file", options: {} },
      cdiDirectories: [],
      report: (error) => this.reported.push(error),
    });
    this.#namespace.run(() => this.#host.firewall.ensure());
  }
}
