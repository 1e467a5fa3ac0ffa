import { randomBytes } from "node:crypto";
import { EngineError } from "../../base/errors.ts";
import { AddressPool, macAddressOf } from "../../network/address-pool.ts";
import { familyNameOf } from "../../network/address-range.ts";
import type { LinkAddress } from "../../network/container-link.ts";
import type { NetworkPool } from "../../network/ipam.ts";
import type { NetworkLink } from "../../network/network-link.ts";
import { familyOf, findCidr, isInSubnet, parseCidr } from "../../network/subnet.ts";
import type { Endpoint } from "../containers/record.ts";
import type { EndpointRequest } from "../model.ts";
import type { NetworkView } from "../network-facade.ts";
import type { BridgeOptions } from "./bridge-options.ts";
import { Members } from "./members.ts";
import type { NetworkRecord } from "./network-record.ts";

/** A container on a network, while it runs. */
export interface Member {
  readonly containerId: string;
  readonly containerName: string;
  readonly endpoint: Endpoint;
}

/** What a network is made of beside its record. */
export interface NetworkParts {
  /** Undefined: its containers have no link of their own, as with `host` and `none`. */
  readonly link: NetworkLink | undefined;
  readonly options: BridgeOptions;
}

/** A network in the daemon's memory: its record as stored, its addresses, and who is on it. */
export class Network {
  readonly record: NetworkRecord;
  readonly link: NetworkLink | undefined;
  readonly options: BridgeOptions;
  readonly #pools: readonly AddressPool[];
  readonly #members = new Members();

  constructor(record: NetworkRecord, { link, options }: NetworkParts) {
    this.record = record;
    this.link = link;
    this.options = options;
    this.#pools = record.ipam.pools.map((pool) => poolOf(pool, record));
  }

  get id(): string {
    return this.record.id;
  }

  get name(): string {
    return this.record.name;
  }

  /** Whether containers find one another by name on it. */
  get hasNames(): boolean {
    return this.link !== undefined && !this.record.isPredefined;
  }

  get members(): ReadonlyMap<string, Member> {
    return this.#members.byContainer;
  }

  /** Those that others find by this name, which is in lower case; undefined where none has it. */
  findByName(name: string): readonly Member[] | undefined {
    return this.#members.findByName(name);
  }

  findByAddress(address: string): Member | undefined {
    return this.#members.findByAddress(address);
  }

  /** Takes a place for a container that is about to be on it; leave() gives it back. */
  reserve(request: EndpointRequest): Endpoint {
    const endpointId = randomBytes(32).toString("hex");
    if (this.link === undefined) return { ...NO_LINK, endpointId };
    using undo = new DisposableStack();
    const addresses = this.#families().map((family) => this.#allocate(family, request, undo));
    // An ipvlan link has that of the host's link.
    const own = this.record.driver === "ipvlan" ? "" : macFor(addresses);
    const macAddress = request.macAddress === undefined ? own : colonForm(request.macAddress);
    undo.move();
    return { ...NO_LINK, endpointId, macAddress, addresses };
  }

  /** Gives back what reserve() took. */
  unreserve({ addresses }: Endpoint): void {
    for (const { address } of addresses) this.#poolsOf(address)[0]?.release(address);
  }

  /** Takes the place of a container that is on it already, as after a restart of the daemon. */
  adopt({ addresses }: Endpoint): void {
    for (const { address } of addresses) this.#poolsOf(address)[0]?.reserve(address);
  }

  join(member: Member): void {
    this.#members.add(member);
  }

  leave(containerId: string): void {
    this.#members.remove(containerId);
  }

  view(): NetworkView {
    const { isPredefined: _, ...record } = this.record;
    const endpoints = [...this.members.values()].map((member) => [
      member.containerId,
      viewOf(member),
    ]);
    return { ...record, endpoints: Object.fromEntries(endpoints) };
  }

  #families(): readonly (4 | 6)[] {
    const families = new Set(this.#pools.map(({ subnet }) => subnet.family));
    return [...families];
  }

  #allocate(family: 4 | 6, request: EndpointRequest, undo: DisposableStack): LinkAddress {
    const asked = family === 4 ? request.ipv4 : request.ipv6;
    const { pool, address } = asked === undefined ? this.#next(family) : this.#take(asked);
    undo.defer(() => pool.release(address));
    const { prefixLength } = pool.subnet;
    return { address, prefixLength, gateway: this.#gatewayTo(address) };
  }

  /** From the first of its pools that is not used up. */
  #next(family: 4 | 6): { readonly pool: AddressPool; readonly address: string } {
    const pools = this.#pools.filter(({ subnet }) => subnet.family === family);
    for (const [index, pool] of pools.entries()) {
      try {
        return { pool, address: pool.allocate() };
      } catch (error) {
        if (index === pools.length - 1) throw error;
      }
    }
    throw new EngineError("internal", `network ${this.name} has no IPv${family} addresses`);
  }

  #take(address: string): { readonly pool: AddressPool; readonly address: string } {
    const [pool] = this.#poolsOf(address);
    if (pool === undefined) {
      throw new EngineError(
        "invalid",
        `no configured subnet or ip-range contain the IP address ${address}`,
      );
    }
    pool.reserve(address);
    return { pool, address };
  }

  #poolsOf(address: string): readonly AddressPool[] {
    return this.#pools.filter(({ subnet }) => isInSubnet(address, subnet));
  }

  /** Nothing leaves an internal network. */
  #gatewayTo(address: string): string {
    const { internal, ipam } = this.record;
    const mode = this.options.gatewayMode[familyNameOf(address)];
    if (internal || mode === "isolated") return "";
    const pool = ipam.pools.find(({ subnet }) => isInSubnet(address, parseCidr(subnet).subnet));
    return pool?.gateway ?? "";
  }
}

const NO_LINK: Endpoint = {
  endpointId: "",
  place: 0,
  interfaceName: "",
  macAddress: "",
  addresses: [],
  names: [],
};

function poolOf(pool: NetworkPool, { id, name }: NetworkRecord): AddressPool {
  const { subnet } = parseCidr(pool.subnet);
  const range = findCidr(pool.range)?.subnet;
  return new AddressPool({
    subnet,
    ...(range === undefined ? {} : { range }),
    reserved: [pool.gateway, ...Object.values(pool.auxiliary)].filter((address) => address !== ""),
    network: `${name} (${id.slice(0, 12)})`,
  });
}

/** A container with IPv6 alone has a random one: locally administered, for one station. */
function macFor(addresses: readonly LinkAddress[]): string {
  const ipv4 = addresses.find(({ address }) => familyOf(address) === 4);
  if (ipv4 !== undefined) return macAddressOf(ipv4.address);
  return macAddressOf(randomBytes(4).join("."));
}

/** Six pairs of hex digits with colons, as the kernel's tools write it. */
function colonForm(macAddress: string): string {
  const digits = macAddress.toLowerCase().replaceAll(/[^0-9a-f]/g, "");
  return digits.replaceAll(/(..)(?=.)/g, "$1:");
}

function viewOf({ containerName, endpoint }: Member) {
  const cidr = (family: 4 | 6) => {
    const found = endpoint.addresses.find(({ address }) => familyOf(address) === family);
    return found === undefined ? "" : `${found.address}/${found.prefixLength}`;
  };
  const { endpointId, macAddress } = endpoint;
  return { containerName, endpointId, macAddress, ipv4: cidr(4), ipv6: cidr(6) };
}
