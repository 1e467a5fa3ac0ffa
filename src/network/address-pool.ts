import { EngineError } from "../base/errors.ts";
import { parseIpAddress } from "../base/ip-address.ts";
import { isInSubnet, lastOf, type Subnet, toNumber, toText } from "./subnet.ts";

/** The addresses of one network and family, as far as they are to be given to containers. */
export interface PoolSettings {
  readonly subnet: Subnet;
  /** The part of it that addresses are given from; a certain one may be asked for from all of it. */
  readonly range?: Subnet;
  /** Addresses that no container gets: the gateway, and what is elsewhere on the link. */
  readonly reserved: readonly string[];
  /** As in `bridge (4f2a…)`, for the error when no address is left. */
  readonly network: string;
}

/**
 * Gives out the addresses of a network. It goes on from the last one that it gave, so that an
 * address that was just released is not soon another container's.
 */
export class AddressPool {
  readonly #settings: PoolSettings;
  readonly #reserved: ReadonlySet<bigint>;
  readonly #used = new Set<bigint>();
  readonly #range: { readonly first: bigint; readonly last: bigint };
  #last: bigint;

  constructor(settings: PoolSettings) {
    this.#settings = settings;
    this.#reserved = new Set(settings.reserved.map(toNumber));
    const range = settings.range ?? settings.subnet;
    this.#range = { first: range.first, last: lastOf(range) };
    this.#last = this.#range.last;
  }

  get subnet(): Subnet {
    return this.#settings.subnet;
  }

  /** The next free address. */
  allocate(): string {
    const address = this.#findFree();
    if (address === undefined) {
      const { network, subnet } = this.#settings;
      throw new EngineError(
        "internal",
        `no available IPv${subnet.family} addresses on this network's address pools: ${network}`,
      );
    }
    this.#used.add(address);
    this.#last = address;
    return toText(address, this.subnet.family);
  }

  /** Takes a certain address, such as a running container's after a restart of the daemon. */
  reserve(address: string): void {
    if (!isInSubnet(address, this.subnet) || this.#isEdge(toNumber(address))) {
      throw new EngineError(
        "invalid",
        `invalid address ${address}: It does not belong to any of this network's subnets`,
      );
    }
    const number = toNumber(address);
    if (this.#used.has(number) || this.#reserved.has(number)) {
      throw new EngineError("conflict", "Address already in use");
    }
    this.#used.add(number);
  }

  /** Gives an address back; no error where it is free. */
  release(address: string): void {
    this.#used.delete(toNumber(address));
  }

  /** Of so many neighbours in a row at least one is free, or none is left at all. */
  #findFree(): bigint | undefined {
    const { first, last } = this.#range;
    const size = last - first + 1n;
    const enough = BigInt(this.#used.size + this.#reserved.size + 3);
    const tries = size < enough ? size : enough;
    for (let step = 1n; step <= tries; step++) {
      const address = first + ((this.#last - first + step) % size);
      const isTaken = this.#used.has(address) || this.#reserved.has(address);
      if (!isTaken && !this.#isEdge(address)) return address;
    }
    return undefined;
  }

  /** IPv4's network and broadcast addresses; of IPv6 the one that means any router. RFC 4291, 2.6.1. */
  #isEdge(address: bigint): boolean {
    const { subnet } = this;
    if (address === subnet.first) return true;
    return subnet.family === 4 && address === lastOf(subnet);
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
