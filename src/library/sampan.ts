import { ContainerApi } from "../client/containers.ts";
import { DEFAULT_HOST, parseEndpoint, type TlsIdentity } from "../client/endpoint.ts";
import { ApiError } from "../client/errors.ts";
import type { Filters } from "../client/filters.ts";
import { NetworkApi } from "../client/networks.ts";
import { SystemApi } from "../client/system.ts";
import { VolumeApi } from "../client/volumes.ts";
import type {
  ContainerSummary,
  EventMessage,
  NetworkSummary,
  VolumeSummary,
} from "../client/wire.ts";
import { Container } from "./container.ts";
import { type ContainerOptions, toCreateBody } from "./container-options.ts";
import { Images } from "./images.ts";
import { createNetwork, type Network, type NetworkOptions } from "./network.ts";
import { NodeTransport } from "./node-transport.ts";
import type { RunResult } from "./output.ts";
import type { Input } from "./process.ts";
import { toSeconds } from "./time.ts";
import { Volume, type VolumeOptions } from "./volume.ts";

export type { StreamName } from "../client/frames.ts";
export type { ExecOptions, LogQuery, PublishedAt } from "./container.ts";
export type { FileOptions } from "./files.ts";
export type { OutputChunk } from "./output.ts";
export type { ContainerProcess } from "./process.ts";
export type { Container, ContainerOptions, Images, Input, Network, NetworkOptions, RunResult };
export { ApiError, type Volume, type VolumeOptions };

/** Which daemon to talk to: Sampan's or Docker's. */
export interface SampanOptions {
  /** `unix://PATH` or `tcp://HOST:PORT`; by default Sampan's socket. */
  readonly host?: string | undefined;
  readonly tls?: TlsIdentity;
}

/** A container that is run to its end. */
export interface RunOptions extends Omit<ContainerOptions, "autoRemove"> {
  readonly stdin?: Input;
  /** Removes the container when it is aborted. */
  readonly signal?: AbortSignal;
}

/** Which events are wanted; without `until` they go on. */
export interface EventOptions {
  readonly since?: Date;
  readonly until?: Date;
  readonly filters?: Filters;
  readonly signal?: AbortSignal;
}

/** A daemon, as programs use it. Nothing is sent before the first call. */
export class Sampan {
  readonly images: Images;
  readonly #transport: NodeTransport;

  constructor({ host = DEFAULT_HOST, tls }: SampanOptions = {}) {
    this.#transport = new NodeTransport(parseEndpoint(host, tls));
    this.images = new Images(this.#transport);
  }

  /** Runs a program in a new container to its end, and removes the container. */
  async run(
    image: string,
    command: readonly string[] = [],
    { stdin, signal, ...options }: RunOptions = {},
  ): Promise<RunResult> {
    signal?.throwIfAborted();
    const container = await this.create(image, command, { ...options, stdin: stdin !== undefined });
    const abort = () => void container.remove().catch(() => undefined);
    signal?.addEventListener("abort", abort);
    try {
      // An abort while it was made has told nobody.
      signal?.throwIfAborted();
      const process = await container.attach();
      await container.start();
      const result = await process.finish(stdin);
      // Its removal may look like an end of its own.
      signal?.throwIfAborted();
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      await container.remove();
    }
  }

  /** Makes a container, and does not start it. With `stdin` its input can be attached. */
  async create(
    image: string,
    command: readonly string[] = [],
    { stdin = false, name, ...options }: ContainerOptions & { readonly stdin?: boolean } = {},
  ): Promise<Container> {
    const body = toCreateBody(image, command, { ...options, stdin });
    const named = name === undefined ? {} : { name };
    const { Id } = await new ContainerApi(this.#transport).create({ body, ...named });
    return new Container(this.#transport, Id);
  }

  /** Makes a container and starts it; one that cannot be started does not stay. */
  async start(
    image: string,
    command: readonly string[] = [],
    options: ContainerOptions & { readonly stdin?: boolean } = {},
  ): Promise<Container> {
    const container = await this.create(image, command, options);
    try {
      await container.start();
      return container;
    } catch (error) {
      await container.remove();
      throw error;
    }
  }

  /** A container that is there, by its name or id. */
  async container(ref: string): Promise<Container> {
    const { Id } = await new ContainerApi(this.#transport).get(ref);
    return new Container(this.#transport, Id);
  }

  containers(
    query: { readonly all?: boolean; readonly filters?: Filters } = {},
  ): Promise<readonly ContainerSummary[]> {
    return new ContainerApi(this.#transport).list(query);
  }

  /** What happens, from now on or since a time. */
  async *events(options: EventOptions = {}): AsyncGenerator<EventMessage> {
    const { since, until, filters = {}, signal } = options;
    const query = { since: toSeconds(since), until: toSeconds(until), filters };
    const lines = await new SystemApi(this.#transport).events(query, signal);
    for await (const line of lines) yield JSON.parse(line) as EventMessage;
  }

  createNetwork(name: string, options: NetworkOptions = {}): Promise<Network> {
    return createNetwork(this.#transport, name, options);
  }

  networks(filters: Filters = {}): Promise<readonly NetworkSummary[]> {
    return new NetworkApi(this.#transport).list(filters);
  }

  /** Makes a volume; without a name the daemon makes one up. */
  async createVolume(name = "", options: VolumeOptions = {}): Promise<Volume> {
    const { driver = "local", labels = {}, options: own = {} } = options;
    const volume = { name, driver, labels, options: own };
    const { Name } = await new VolumeApi(this.#transport).create(volume);
    return new Volume(this.#transport, Name);
  }

  volumes(filters: Filters = {}): Promise<readonly VolumeSummary[]> {
    return new VolumeApi(this.#transport).list(filters);
  }

  /** What the daemon is. */
  version(): Promise<unknown> {
    return new SystemApi(this.#transport).version();
  }

  /** Lets go of the connections. Containers stay as they are. */
  close(): void {
    this.#transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
