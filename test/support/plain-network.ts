import type { EndpointRecord } from "../../src/engine/containers/record.ts";
import { NO_ENDPOINT } from "../../src/engine/containers/record.ts";
import type { EndpointRequest } from "../../src/engine/model.ts";
import { parseBridgeOptions } from "../../src/engine/networks/bridge-options.ts";
import { plainEndpoint } from "../../src/engine/networks/endpoint-plan.ts";
import { Network } from "../../src/engine/networks/network.ts";
import type { NetworkRecord } from "../../src/engine/networks/network-record.ts";
import { NetworkSet } from "../../src/engine/networks/network-set.ts";
import type { NetworkLink } from "../../src/network/network-link.ts";

/** What carries no packets. */
const NO_LINK: NetworkLink = {
  mtu: 1500,
  ensure() {},
  connect() {},
  disconnect() {},
  remove() {},
};

/** What a network's record says beside its defaults. */
export type NetworkChanges = Partial<Omit<NetworkRecord, "ipam">> & {
  /** Subnets that the user chose, each with its first address as the gateway. */
  readonly subnets?: readonly string[];
  /** Whether it was the user who chose them. */
  readonly isStatic?: boolean;
};

/** A network of users on which nothing is: its name is its id too, unless the changes say otherwise. */
export function plainNetwork(
  name: string,
  { subnets = ["10.0.0.0/24"], isStatic = true, ...changes }: NetworkChanges = {},
): Network {
  const record: NetworkRecord = {
    id: name.padEnd(64, "0"),
    name,
    createdAt: "2026-01-02T00:00:00.000000000Z",
    driver: "bridge",
    enableIpv4: true,
    enableIpv6: false,
    internal: false,
    attachable: false,
    ipam: {
      driver: "default",
      options: {},
      pools: subnets.map((subnet) => poolOf(subnet, isStatic)),
    },
    options: {},
    labels: {},
    isPredefined: false,
    ...changes,
  };
  const isBare = record.driver === "host" || record.driver === "null";
  return new Network(record, {
    link: isBare ? undefined : NO_LINK,
    options: parseBridgeOptions(record.options),
  });
}

/** A set of these networks. */
export function networkSet(...networks: readonly Network[]): NetworkSet {
  const set = new NetworkSet();
  for (const network of networks) set.add(network);
  return set;
}

/** Puts a container on a network, under its name and these others. */
export function join(network: Network, name: string, ...aliases: readonly string[]): void {
  const endpoint = { ...network.reserve(plainEndpoint(network.name)), names: [name, ...aliases] };
  network.join({ containerId: `id-of-${name}`, containerName: name, endpoint });
}

/** A container's endpoint on a network, with a place there, and what is asked of it. */
export function liveEndpoint(
  network: Network,
  request: Partial<EndpointRequest> = {},
  place = 0,
): EndpointRecord {
  const asked = { ...plainEndpoint(network.name), ...request };
  const live = { ...network.reserve(asked), place, interfaceName: `eth${place}` };
  return { network: network.name, networkId: network.id, request: asked, live };
}

/** An endpoint of a container that does not run. */
export function restingEndpoint(
  network: string,
  request: Partial<EndpointRequest> = {},
): EndpointRecord {
  const asked = { ...plainEndpoint(network), ...request };
  return { network, networkId: "", request: asked, live: NO_ENDPOINT };
}

function poolOf(subnet: string, isStatic: boolean) {
  const gateway = subnet.replace(/0?\/\d+$/, "1");
  return { subnet, range: "", gateway, auxiliary: {}, isStatic };
}
