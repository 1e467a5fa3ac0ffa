import type { ApiTransport } from "../client/api-transport.ts";
import { NetworkApi } from "../client/networks.ts";
import type { Container } from "./container.ts";
import { unlessGone } from "./gone.ts";

/** How a network is made. */
export interface NetworkOptions {
  readonly driver?: string;
  /** Without a way out. */
  readonly internal?: boolean;
  readonly ipv6?: boolean;
  /** In CIDR notation. */
  readonly subnets?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** The driver's own. */
  readonly options?: Readonly<Record<string, string>>;
}

/** Makes a network. */
export async function createNetwork(
  transport: ApiTransport,
  name: string,
  options: NetworkOptions,
): Promise<Network> {
  const { driver = "bridge", internal = false, ipv6 = false, subnets = [] } = options;
  const Config = subnets.map((Subnet) => ({ Subnet }));
  const { Id } = await new NetworkApi(transport).create({
    ...{ Name: name, Driver: driver, Internal: internal, EnableIPv6: ipv6 },
    ...{ Attachable: true, Ingress: false, ConfigOnly: false, ConfigFrom: null },
    IPAM: { Driver: "default", Options: {}, Config: Config.length === 0 ? null : Config },
    Labels: options.labels ?? {},
    Options: options.options ?? {},
  });
  return new Network(transport, { id: Id, name });
}

/** A network. At the end of an `await using` it is removed. */
export class Network {
  readonly id: string;
  readonly name: string;
  readonly #api: NetworkApi;

  constructor(transport: ApiTransport, { id, name }: { id: string; name: string }) {
    this.id = id;
    this.name = name;
    this.#api = new NetworkApi(transport);
  }

  /** Puts a container on it, under more names if wanted. */
  async connect(container: Container, aliases: readonly string[] = []): Promise<void> {
    await this.#api.connect(this.id, {
      Container: container.id,
      EndpointConfig: { Aliases: [...aliases] },
    });
  }

  async disconnect(container: Container): Promise<void> {
    await this.#api.disconnect(this.id, { Container: container.id, Force: false });
  }

  /** Everything that the daemon says of it. */
  inspect(): Promise<unknown> {
    return this.#api.getRaw(this.id);
  }

  /** Removes it. That it is gone is no error. */
  async remove(): Promise<void> {
    await unlessGone(this.#api.remove(this.id));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}
