import { EngineError } from "../../base/errors.ts";
import { canPublish } from "../../network/published-port.ts";
import { familyOf } from "../../network/subnet.ts";
import type { EndpointRecord } from "../containers/record.ts";
import type { PortRequest } from "../model.ts";
import { gatewayEndpoint } from "./endpoint-plan.ts";
import { bridgeName } from "./network-links.ts";
import type { NetworkSet } from "./network-set.ts";

/** Where the ports of a container lead. */
export interface PortTargets {
  readonly endpointId: string;
  readonly ipv4: PortTarget | undefined;
  readonly ipv6: PortTarget | undefined;
  /** Where a port is that says no address of the host; empty: at all of them. */
  readonly hostBinding: string;
}

interface PortTarget {
  readonly bridge: string;
  readonly address: string;
}

/** A port, and at which of the host's addresses it is. */
export interface PlannedPort {
  readonly request: PortRequest;
  readonly places: readonly PortPlace[];
}

/** An address of the host, and where a port there leads. */
interface PortPlace extends PortTarget {
  readonly hostAddress: string;
}

/** The addresses that a container's ports lead to; undefined: nothing outside reaches it. */
export function targetsOf(
  networks: NetworkSet,
  endpoints: readonly EndpointRecord[],
): PortTargets | undefined {
  const [four, six] = ([4, 6] as const).map((family) => gatewayEndpoint(endpoints, family));
  const main = four ?? six;
  const network = main === undefined ? undefined : networks.find(main.networkId);
  if (main === undefined || network?.record.driver !== "bridge") return undefined;
  return {
    endpointId: main.live.endpointId,
    ipv4: targetOf(networks, four, 4),
    ipv6: targetOf(networks, six, 6),
    hostBinding: network.options.hostBinding === "0.0.0.0" ? "" : network.options.hostBinding,
  };
}

function targetOf(
  networks: NetworkSet,
  endpoint: EndpointRecord | undefined,
  family: 4 | 6,
): PortTarget | undefined {
  const network = endpoint === undefined ? undefined : networks.find(endpoint.networkId);
  const address = endpoint?.live.addresses.find((own) => familyOf(own.address) === family)?.address;
  if (network?.record.driver !== "bridge" || address === undefined) return undefined;
  return { bridge: bridgeName(network.record, network.options), address };
}

/** Which of the host's addresses each port is at, as far as something leads from there to the container. */
export function planPorts(
  requests: readonly PortRequest[],
  { targets, hasIpv6 }: { readonly targets: PortTargets; readonly hasIpv6: boolean },
): readonly PlannedPort[] {
  // Thousands of ports may be at the same few places, which are kept with each of them.
  const known = new Map<string, readonly PortPlace[]>();
  return requests.map((request) => {
    const { containerPort, protocol } = request;
    const asked = request.hostAddress === "" ? targets.hostBinding : request.hostAddress;
    const addresses = asked === "" ? ["0.0.0.0", ...(hasIpv6 ? ["::"] : [])] : [asked];
    const key = `${protocol} ${asked}`;
    const places = known.get(key) ?? placesAt(addresses, { targets, protocol });
    known.set(key, places);
    if (places.length > 0) return { request, places };
    throw new EngineError(
      "invalid",
      `cannot publish ${containerPort}/${protocol} at ${addresses.join(" and ")}: nothing leads from there to an address of the container`,
    );
  });
}

function placesAt(
  addresses: readonly string[],
  { targets, protocol }: { readonly targets: PortTargets } & Pick<PortRequest, "protocol">,
): readonly PortPlace[] {
  return addresses.flatMap((hostAddress) => {
    const target = targetFor(targets, { hostAddress, protocol });
    return target === undefined ? [] : [{ hostAddress, ...target }];
  });
}

function targetFor(
  { ipv4, ipv6 }: PortTargets,
  host: { readonly hostAddress: string; readonly protocol: PortRequest["protocol"] },
): PortTarget | undefined {
  const [same, other] = familyOf(host.hostAddress) === 4 ? [ipv4, ipv6] : [ipv6, ipv4];
  if (same !== undefined) return same;
  return other !== undefined && canPublish({ ...host, address: other.address }) ? other : undefined;
}

/** The ports of a request, and those that are exposed and not among them where all are to be published. */
export function requestedPorts(
  publish: readonly PortRequest[],
  exposed: readonly string[],
): readonly PortRequest[] {
  const isPublished = (port: PortRequest) =>
    publish.some(
      ({ containerPort, protocol }) =>
        containerPort === port.containerPort && protocol === port.protocol,
    );
  return [...publish, ...exposed.flatMap(expand).filter((port) => !isPublished(port))];
}

function expand(text: string): readonly PortRequest[] {
  const [range = "", protocol = "tcp"] = text.split("/");
  const [first = 0, last = first] = range.split("-").map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => ({
    containerPort: first + index,
    protocol: protocol as PortRequest["protocol"],
    hostAddress: "",
    hostPorts: { first: 0, last: 0 },
  }));
}
