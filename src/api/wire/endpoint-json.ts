import type { ContainerView, EndpointView } from "../../engine/facade.ts";

/** One network of a container, as list and inspect show it. */
export interface EndpointJson {
  readonly IPAMConfig: EndpointIpamJson | null;
  readonly Links: readonly string[] | null;
  readonly Aliases: readonly string[] | null;
  readonly MacAddress: string;
  readonly DriverOpts: Readonly<Record<string, string>> | null;
  readonly GwPriority: number;
  readonly NetworkID: string;
  readonly EndpointID: string;
  readonly Gateway: string;
  readonly IPAddress: string;
  readonly IPPrefixLen: number;
  readonly IPv6Gateway: string;
  readonly GlobalIPv6Address: string;
  readonly GlobalIPv6PrefixLen: number;
  readonly DNSNames: readonly string[] | null;
}

export interface EndpointIpamJson {
  readonly IPv4Address?: string;
  readonly IPv6Address?: string;
  readonly LinkLocalIPs?: readonly string[];
}

/** The networks of a container by name; one that shares another's has none of its own. */
export function toEndpoints({ network }: ContainerView): Readonly<Record<string, EndpointJson>> {
  return Object.fromEntries(
    network.endpoints.map((endpoint) => [endpoint.network, toEndpoint(endpoint)]),
  );
}

function toEndpoint({ request, ipv4, ipv6, ...endpoint }: EndpointView): EndpointJson {
  return {
    IPAMConfig: toIpam(request),
    Links: orNull(request.links),
    Aliases: orNull(request.aliases),
    MacAddress: endpoint.macAddress,
    DriverOpts: Object.keys(request.driverOptions).length === 0 ? null : request.driverOptions,
    GwPriority: request.gatewayPriority,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: ipv4.gateway,
    IPAddress: ipv4.address,
    IPPrefixLen: ipv4.prefixLength,
    IPv6Gateway: ipv6.gateway,
    GlobalIPv6Address: ipv6.address,
    GlobalIPv6PrefixLen: ipv6.prefixLength,
    DNSNames: orNull(endpoint.names),
  };
}

function toIpam({ ipv4, ipv6, linkLocal }: EndpointView["request"]): EndpointIpamJson | null {
  if (ipv4 === undefined && ipv6 === undefined && linkLocal.length === 0) return null;
  return {
    ...(ipv4 === undefined ? {} : { IPv4Address: ipv4 }),
    ...(ipv6 === undefined ? {} : { IPv6Address: ipv6 }),
    ...(linkLocal.length === 0 ? {} : { LinkLocalIPs: linkLocal }),
  };
}

function orNull(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list;
}
