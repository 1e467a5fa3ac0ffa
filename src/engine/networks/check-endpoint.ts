import { EngineError } from "../../base/errors.ts";
import { findIpAddress } from "../../base/ip-address.ts";
import { familyOf, isInSubnet, parseCidr } from "../../network/subnet.ts";
import type { EndpointRequest } from "../model.ts";
import { parseEndpointOptions } from "./endpoint-options.ts";
import type { Network } from "./network.ts";

const MAC =
  /^([0-9a-f]{2}(:[0-9a-f]{2}){5}|[0-9a-f]{2}(-[0-9a-f]{2}){5}|[0-9a-f]{4}(\.[0-9a-f]{4}){2})$/i;

/** Refuses what a container cannot have on a network, with Docker's texts. */
export function checkEndpoint(network: Network | undefined, request: EndpointRequest): void {
  const wrong = [...faultsOfKind(network, request), ...faultsOfAddresses(network, request)];
  const name = network?.name ?? request.network;
  if (wrong.length > 0) {
    const message = `invalid config for network ${name}: invalid endpoint settings:\n* ${wrong.join("\n* ")}`;
    throw new EngineError("invalid", message);
  }
  parseEndpointOptions(request.driverOptions);
}

/** The default network has no names, and addresses are not to be chosen on it. */
function faultsOfKind(network: Network | undefined, request: EndpointRequest): readonly string[] {
  if (network?.record.isPredefined !== true) return [];
  const faults: string[] = [];
  if (request.ipv4 !== undefined || request.ipv6 !== undefined) {
    faults.push("user specified IP address is supported on user defined networks only");
  }
  if (request.aliases.length > 0) {
    faults.push("network-scoped aliases are only supported for user-defined networks");
  }
  return faults;
}

function faultsOfAddresses(
  network: Network | undefined,
  { ipv4, ipv6, linkLocal, macAddress }: EndpointRequest,
): readonly string[] {
  const badLinkLocal = linkLocal.filter((address) => findIpAddress(address) === undefined);
  const isBadMac = macAddress !== undefined && !isUnicastMac(macAddress);
  return [
    ...faultsOfAddress(network, { family: 4, address: ipv4 }),
    ...faultsOfAddress(network, { family: 6, address: ipv6 }),
    ...badLinkLocal.map((address) => `invalid link-local IP address: ${address}`),
    ...(isBadMac ? [`invalid MAC address: ${macAddress}`] : []),
  ];
}

/** A link's own address is one station's: multicast ones have the lowest bit of the first byte. */
function isUnicastMac(text: string): boolean {
  const firstByte = Number.parseInt(text.slice(0, 2), 16);
  return MAC.test(text) && firstByte % 2 === 0 && /[1-9a-f]/i.test(text);
}

function faultsOfAddress(
  network: Network | undefined,
  { family, address }: { readonly family: 4 | 6; readonly address: string | undefined },
): readonly string[] {
  if (address === undefined) return [];
  if (findIpAddress(address) === undefined || familyOf(address) !== family) {
    return [`invalid IPv${family} address: ${address}`];
  }
  return network === undefined ? [] : faultsOfPlace(network, address);
}

function faultsOfPlace({ record }: Network, address: string): readonly string[] {
  if (record.isPredefined) return [];
  const ofFamily = record.ipam.pools.filter(({ subnet }) => familyOf(subnet) === familyOf(address));
  const asked = ofFamily.filter(({ isStatic }) => isStatic);
  if (asked.some(({ subnet }) => isInSubnet(address, parseCidr(subnet).subnet))) return [];
  return [
    asked.length > 0
      ? `no configured subnet or ip-range contain the IP address ${address}`
      : "user specified IP address is supported only when connecting to networks with user configured subnets",
  ];
}
