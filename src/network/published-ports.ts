import { EngineError } from "../base/errors.ts";
import type { Filling, FirewallSet } from "./firewall-table.ts";
import {
  checkPublishedPort,
  elementOfOpenPort,
  elementsOfPort,
  type PublishedPort,
} from "./published-port.ts";

/** How many numbers of ports there are, 0 among them. */
const PORTS = 65_536;

/** Whether a port is reached at the container's own address, since its network is routed. */
export type IsRouted = (port: PublishedPort) => boolean;

/** Where on the host a port is. */
type HostPlace = Pick<PublishedPort, "protocol" | "hostAddress" | "hostPort">;

/** What all the ports have in common that lead from one address of the host to one of a container. */
interface Lead extends Omit<PublishedPort, "hostPort" | "port"> {
  /** Its place among the leads. */
  readonly index: number;
  /** How many ports have it. */
  count: number;
}

/**
 * The ports that a daemon has published, and what the sets hold of them. It makes no calls. There may be
 * thousands, so that nothing is kept of each but two numbers: the host's port, and where it leads.
 */
export class PublishedPorts {
  readonly #isRouted: IsRouted;
  readonly #leads = new Map<string, Lead>();
  readonly #byIndex: (Lead | undefined)[] = [];
  /** By protocol and address of the host, then by its port: the lead's index and the container's port. */
  readonly #places = new Map<string, Map<number, number>>();
  /** How many elements each set has. */
  readonly #sizes = new Map<FirewallSet, number>();
  /** Several ports of the host may open the same one of a container. */
  readonly #opened = new Map<string, number>();

  constructor(isRouted: IsRouted) {
    this.#isRouted = isRouted;
  }

  /** Remembers a port and returns what it adds to the sets; undefined where it is there already. */
  add(wanted: PublishedPort): Filling | undefined {
    const port = checkPublishedPort(wanted);
    const present = this.find(port);
    if (present !== undefined) return this.#again(port, present);

    const filling = this.#elementsOf(port);
    this.#remember(port);
    this.#resize(filling, 1);
    return this.#isRouted(port) && this.#count(port, 1) > 1 ? [] : filling;
  }

  /** Forgets a port and returns what has to leave the sets. */
  delete(wanted: PublishedPort): Filling {
    const asked = checkPublishedPort(wanted);
    const port = this.find(asked);
    if (port === undefined || !leadsToSame(port, asked)) return [];
    const filling = this.#elementsOf(port);
    this.#forget(port);
    this.#resize(filling, -1);
    return this.#isRouted(port) && this.#count(port, -1) > 0 ? [] : filling;
  }

  find(place: HostPlace): PublishedPort | undefined {
    const target = this.#places.get(placeKey(place))?.get(place.hostPort);
    return target === undefined ? undefined : this.#portOf(place.hostPort, target);
  }

  listOf(bridge: string): readonly PublishedPort[] {
    return [...this.#all()].filter((port) => port.bridge === bridge);
  }

  /** All that the sets hold of all ports. */
  fill(): Filling {
    return [...this.#all()].flatMap((port) => this.#elementsOf(port));
  }

  /** One element of each set that holds any: enough to see whether someone emptied it. */
  samples(): Filling {
    const wanted = new Set(this.#sizes.keys());
    const found: Filling[number][] = [];
    for (const port of this.#all()) {
      if (wanted.size === 0) break;
      for (const element of this.#elementsOf(port)) {
        if (wanted.delete(element[0])) found.push(element);
      }
    }
    return found;
  }

  *#all(): Generator<PublishedPort> {
    for (const ports of this.#places.values()) {
      for (const [hostPort, target] of ports) yield this.#portOf(hostPort, target);
    }
  }

  #portOf(hostPort: number, target: number): PublishedPort {
    const lead = this.#byIndex[Math.floor(target / PORTS)];
    if (lead === undefined) throw new EngineError("internal", "A published port leads nowhere");
    const { protocol, hostAddress, bridge, address } = lead;
    return { protocol, hostAddress, hostPort, bridge, address, port: target % PORTS };
  }

  #remember(port: PublishedPort): void {
    const lead = this.#leads.getOrInsertComputed(leadKey(port), () => this.#newLead(port));
    lead.count += 1;
    const ports = this.#places.getOrInsertComputed(placeKey(port), () => new Map());
    ports.set(port.hostPort, lead.index * PORTS + port.port);
  }

  #newLead({ protocol, hostAddress, bridge, address }: PublishedPort): Lead {
    const free = this.#byIndex.indexOf(undefined);
    const index = free < 0 ? this.#byIndex.length : free;
    const lead = { protocol, hostAddress, bridge, address, index, count: 0 };
    this.#byIndex[index] = lead;
    return lead;
  }

  #forget(port: PublishedPort): void {
    const ports = this.#places.get(placeKey(port));
    ports?.delete(port.hostPort);
    if (ports?.size === 0) this.#places.delete(placeKey(port));
    const lead = this.#leads.get(leadKey(port));
    if (lead === undefined) return;
    lead.count -= 1;
    if (lead.count > 0) return;
    this.#leads.delete(leadKey(port));
    this.#byIndex[lead.index] = undefined;
  }

  #again(port: PublishedPort, present: PublishedPort): undefined {
    if (leadsToSame(port, present)) return undefined;
    const { hostAddress, hostPort } = port;
    throw new EngineError(
      "conflict",
      `Bind for ${hostAddress}:${hostPort} failed: port is already allocated`,
    );
  }

  #elementsOf(port: PublishedPort): Filling {
    return this.#isRouted(port) ? elementOfOpenPort(port) : elementsOfPort(port);
  }

  #resize(filling: Filling, change: 1 | -1): void {
    for (const [set] of filling) {
      const size = (this.#sizes.get(set) ?? 0) + change;
      if (size === 0) this.#sizes.delete(set);
      else this.#sizes.set(set, size);
    }
  }

  #count({ protocol, address, port }: PublishedPort, change: 1 | -1): number {
    const key = `${protocol}/${address}/${port}`;
    const count = (this.#opened.get(key) ?? 0) + change;
    if (count === 0) this.#opened.delete(key);
    else this.#opened.set(key, count);
    return count;
  }
}

function placeKey({ protocol, hostAddress }: HostPlace): string {
  return `${protocol}/${hostAddress}`;
}

function leadKey(port: PublishedPort): string {
  return `${placeKey(port)} ${port.bridge}/${port.address}`;
}

function leadsToSame(one: PublishedPort, other: PublishedPort): boolean {
  return one.bridge === other.bridge && one.address === other.address && one.port === other.port;
}
