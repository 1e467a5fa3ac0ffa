import type { NameAddresses, NameZone } from "../../network/dns/name-zone.ts";
import { familyOf } from "../../network/subnet.ts";
import type { Member, Network } from "./network.ts";

/** One of a container's networks, as far as names go. */
export interface NamedNetwork {
  readonly network: Network;
  /** Names that this container alone has for others, in lower case: `--link`. */
  readonly links: ReadonlyMap<string, string>;
}

/** The names that one container finds others by: those of its networks, and its links. */
export class ContainerZone implements NameZone {
  #networks: readonly NamedNetwork[];

  constructor(networks: readonly NamedNetwork[]) {
    this.#networks = networks;
  }

  /** The container has joined or left one. */
  setNetworks(networks: readonly NamedNetwork[]): void {
    this.#networks = networks;
  }

  /** In the first of its networks that knows the name; `name.network` asks one of them alone. */
  lookup(name: string): NameAddresses | undefined {
    for (const { network, links } of this.#networks) {
      const members = findIn(network, links.get(name) ?? name);
      if (members !== undefined) return addressesOf(members);
    }
    return undefined;
  }

  reverse(address: string): string | undefined {
    for (const { network } of this.#networks) {
      const member = network.findByAddress(address);
      if (member !== undefined) return `${member.containerName}.${network.name}`;
    }
    return undefined;
  }
}

function findIn(network: Network, name: string): readonly Member[] | undefined {
  const ending = `.${network.name.toLowerCase()}`;
  const found = network.findByName(name);
  if (found !== undefined || !name.endsWith(ending)) return found;
  return network.findByName(name.slice(0, -ending.length));
}

function addressesOf(members: readonly Member[]): NameAddresses {
  const all = members.flatMap(({ endpoint }) => endpoint.addresses.map(({ address }) => address));
  return {
    ipv4: all.filter((address) => familyOf(address) === 4),
    ipv6: all.filter((address) => familyOf(address) === 6),
  };
}
