import { EngineError } from "../base/errors.ts";
import { parseIpAddress } from "../base/ip-address.ts";
import { type Ipv4Subnet, isInSubnet, lastOf, toNumber, toText } from "./ipv4-subnet.ts";

/** The addresses of one network, as far as they are to be given to containers. */
export interface PoolSettings {
  readonly subnet: Ipv4Subnet;
  readonly gateway: string;
  /** As in `bridge (4f2a…)`, for the error when no address is left. */
  readonly network: string;
}

/**
 * Gives out the addresses of a network. It goes on from the last one that it gave, so that an
 * address that was just released is not soon another container's.
 */
export class AddressPool {
  readonly #settings: PoolSettings;
  readonly #used = new Set<number>();
  #last: number;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    this.#last = settings.subnet.first;
  }

  /** The next free address. */
  allocate(): string {
    const address = this.#findFree();
    if (address === undefined) {
      throw new EngineError(
        "internal",
        `no available IPv4 addresses on this network's address pools: ${this.#settings.network}`,
      );
    }
    this.#used.add(address);
    this.#last = address;
    return toText(address);
  }

  /** Takes a certain address, such as a running container's after a restart of the daemon. */
  reserve(address: string): void {
    const { subnet } = this.#settings;
    if (!isInSubnet(address, subnet) || !this.#isForContainers(toNumber(address))) {
      throw new EngineError(
        "invalid",
        `invalid address ${address}: It does not belong to any of this network's subnets`,
      );
    }
    if (this.#used.has(toNumber(address))) {
      throw new EngineError("conflict", "Address already in use");
    }
    this.#used.add(toNumber(address));
  }

  /** Gives an address back; no error where it is free. */
  release(address: string): void {
    this.#used.delete(toNumber(address));
  }

  #findFree(): number | undefined {
    const { subnet } = this.#settings;
    const sizeAddresses = lastOf(subnet) - subnet.first + 1;
    for (let step = 1; step <= sizeAddresses; step++) {
      const address = subnet.first + ((this.#last - subnet.first + step) % sizeAddresses);
      if (this.#isForContainers(address) && !this.#used.has(address)) return address;
    }
    return undefined;
  }

  #isForContainers(address: number): boolean {
    const { subnet, gateway } = this.#settings;
    const isEdge = address === subnet.first || address === lastOf(subnet);
    return !isEdge && address !== toNumber(gateway);
  }
}

/**
 * The MAC address that goes with an IPv4 address, as Docker derives it: locally administered, and
 * the same whenever the address is used again, so that neighbours' ARP tables stay right.
 */
export function macAddressOf(address: string): string {
  const bytes = [0x02, 0x42, ...parseIpAddress(address)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
