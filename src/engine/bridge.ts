import { randomBytes } from "node:crypto";
import { AddressPool, macAddressOf } from "../network/address-pool.ts";
import type { BridgeNetwork } from "../network/bridge-network.ts";
import { hostLinkName, planLoopback } from "../network/container-link.ts";
import { formatSubnet } from "../network/ipv4-subnet.ts";
import type { ContainerNetwork, NamespaceSetup } from "./containers/context.ts";
import { type Endpoint, NO_ENDPOINT } from "./containers/record.ts";

/** The name that Docker's users know the default network by. */
const NAME = "bridge";

/** The default network, with its addresses. Which are taken is known from the containers that run. */
export class Bridge implements ContainerNetwork {
  readonly name = NAME;
  readonly id: string;
  readonly #network: BridgeNetwork;
  readonly #pool: AddressPool;

  /** The network is set up by then. */
  constructor(network: BridgeNetwork, id: string) {
    this.id = id;
    this.#network = network;
    const { subnet, gateway } = network.address;
    this.#pool = new AddressPool({ subnet, gateway, network: `${NAME} (${id.slice(0, 12)})` });
  }

  /** In CIDR notation. */
  get subnet(): string {
    return formatSubnet(this.#network.address.subnet);
  }

  /** The host's address there. */
  get gateway(): string {
    return this.#network.address.gateway;
  }

  /** Takes an address; it is the container's until release(). */
  reserve(): Endpoint {
    const { subnet, gateway } = this.#network.address;
    const address = this.#pool.allocate();
    return {
      endpointId: randomBytes(32).toString("hex"),
      address,
      prefixLength: subnet.prefixLength,
      gateway,
      macAddress: macAddressOf(address),
    };
  }

  /** Takes the address that a container has which is running already. */
  adopt({ address }: Endpoint): void {
    this.#pool.reserve(address);
  }

  /** Makes the link into the namespace and says what is to be set up in there. */
  connect(containerId: string, endpoint: Endpoint, namespaceFd: number): NamespaceSetup {
    const { address, macAddress } = endpoint;
    const hostName = hostLinkName(containerId);
    return this.#network.attach({ containerId, address, macAddress, hostName, namespaceFd });
  }

  /** Takes the link and the address back; no error where they are gone. */
  release(containerId: string, { address }: Endpoint): void {
    if (address === NO_ENDPOINT.address) return;
    this.#network.detach(hostLinkName(containerId));
    this.#pool.release(address);
  }

  /** Takes away the links of all containers but these. */
  releaseAllBut(containerIds: readonly string[]): void {
    this.#network.detachAllBut(new Set(containerIds.map(hostLinkName)));
  }

  /** What is to be set up in a namespace without any network but its own. */
  loopback(): NamespaceSetup {
    return planLoopback();
  }
}
