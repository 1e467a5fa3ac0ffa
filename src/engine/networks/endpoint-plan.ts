import { EngineError } from "../../base/errors.ts";
import { familyOf } from "../../network/subnet.ts";
import type { EndpointRecord } from "../containers/record.ts";
import { NO_ENDPOINT } from "../containers/record.ts";
import type { ContainerConfig, EndpointRequest } from "../model.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import { parseEndpointOptions } from "./endpoint-options.ts";
import type { NetworkSet } from "./network-set.ts";

/** A request that asks for nothing but the network. */
export function plainEndpoint(network: string): EndpointRequest {
  return { network, linkLocal: [], aliases: [], links: [], driverOptions: {}, gatewayPriority: 0 };
}

/**
 * The networks that a new container is to be on, the one of its mode first. One that is not there yet is
 * only missed at the start, as in Docker.
 */
export function planEndpoints(
  networks: NetworkSet,
  config: ContainerConfig,
): readonly EndpointRecord[] {
  const { network } = config.host;
  if (network.kind === "container") checkShared(networks, config);
  if (network.kind === "container" || config.networkDisabled) return [];
  const primary = network.kind === "network" ? network.network : network.kind;
  const asked = new Map<string, EndpointRecord>();
  for (const request of [plainEndpoint(primary), ...config.endpoints]) {
    const found = networks.find(request.network);
    checkEndpoint(found, request);
    const name = found?.name ?? request.network;
    asked.set(name, { network: name, networkId: found?.id ?? "", request, live: NO_ENDPOINT });
  }
  checkAlone(networks, [...asked.keys()]);
  return [...asked.values()];
}

/** Clients name the mode itself as if it were a network. */
function checkShared(networks: NetworkSet, { endpoints }: ContainerConfig): void {
  if (endpoints.every(({ network }) => networks.find(network) === undefined)) return;
  throw new EngineError(
    "invalid",
    "container sharing network namespace with another container or host cannot be connected to any other network",
  );
}

/** Beside the host's network, or none, a container has no other. */
function checkAlone(networks: NetworkSet, names: readonly string[]): void {
  const bare = names.find(
    (name) => networks.find(name)?.link === undefined && networks.hasName(name),
  );
  if (bare === undefined || names.length === 1) return;
  throw new EngineError(
    "invalid",
    `conflicting options: a container on the network ${bare} cannot be on other networks`,
  );
}

/**
 * The endpoint that a container's packets of one family leave by: the one with the highest priority of
 * those with a gateway; the first by name where several have it.
 */
export function gatewayEndpoint(
  endpoints: readonly EndpointRecord[],
  family: 4 | 6,
): EndpointRecord | undefined {
  return endpoints
    .filter(({ live }) => gatewayOf(live.addresses, family) !== undefined)
    .toSorted(
      (one, other) =>
        other.request.gatewayPriority - one.request.gatewayPriority ||
        (one.network < other.network ? -1 : 1),
    )[0];
}

function gatewayOf(addresses: EndpointRecord["live"]["addresses"], family: 4 | 6) {
  return addresses.find(({ gateway }) => gateway !== "" && familyOf(gateway) === family);
}

/** The lowest place that no link of a container has. */
export function freePlace(endpoints: readonly EndpointRecord[]): number {
  const taken = new Set(
    endpoints.filter(({ live }) => live.interfaceName !== "").map(({ live }) => live.place),
  );
  let place = 0;
  while (taken.has(place)) place += 1;
  return place;
}

/** The name of a new link of a container: the one that is asked for, else the next of the usual ones. */
export function chooseInterfaceName(
  { request }: EndpointRecord,
  {
    prefix,
    place,
    others,
  }: {
    readonly prefix: string;
    readonly place: number;
    /** The container's other endpoints, with links or without. */
    readonly others: readonly EndpointRecord[];
  },
): string {
  const taken = new Set(
    others.flatMap(({ live, request: other }) => [live.interfaceName, askedName(other)]),
  );
  const asked = askedName(request);
  if (asked === "") {
    let number = place;
    while (taken.has(`${prefix}${number}`)) number += 1;
    return `${prefix}${number}`;
  }
  if (!taken.has(asked)) return asked;
  throw new EngineError("conflict", `another link of the container has the name "${asked}"`);
}

function askedName({ driverOptions }: EndpointRequest): string {
  return parseEndpointOptions(driverOptions).interfaceName;
}
