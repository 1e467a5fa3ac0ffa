import {
  containerLinkIndex,
  planContainerLink,
  planDefaultRoutes,
  planNoDefaultRoutes,
} from "../../network/container-link.ts";
import type { NamespaceSetup } from "../../network/container-sandbox.ts";
import { familyOf } from "../../network/subnet.ts";
import type { EndpointRecord } from "../containers/record.ts";
import { gatewayEndpoint } from "./endpoint-plan.ts";

const FAMILIES = [4, 6] as const;

/** How a container's kernel side of the networks is. */
export interface LinkFacts {
  readonly mtu: number;
  readonly hasIpv6: boolean;
}

/** What sets up the link of one endpoint, without routes to elsewhere. */
export function planLink(
  { live, request }: EndpointRecord,
  { mtu, hasIpv6 }: LinkFacts,
): NamespaceSetup {
  const { place, macAddress, addresses } = live;
  return planContainerLink({
    index: containerLinkIndex(place),
    macAddress,
    addresses,
    linkLocal: request.linkLocal,
    mtu,
    hasIpv6,
  });
}

/** What leads a container's other packets to its gateways; `reverse` takes that back. */
export function planGateways(
  endpoints: readonly EndpointRecord[],
  { reverse = false } = {},
): NamespaceSetup {
  return FAMILIES.flatMap((family) => {
    const endpoint = gatewayEndpoint(endpoints, family);
    if (endpoint === undefined) return [];
    const index = containerLinkIndex(endpoint.live.place);
    const ofFamily = endpoint.live.addresses.filter(({ address }) => familyOf(address) === family);
    return reverse ? planNoDefaultRoutes(index, ofFamily) : planDefaultRoutes(index, ofFamily);
  });
}
