import { formatIpAddress, parseIpAddress } from "../base/ip-address.ts";
import {
  after,
  attribute,
  decodeAttributes,
  decodeU32,
  encodeMessage,
  findAttribute,
  fixed,
  LITTLE,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F,
  u32Attribute,
} from "./netlink-message.ts";

// Builders of rtnetlink(7) requests about addresses and routes; rtnetlink.ts sends them.

const RTM = {
  NEWADDR: 20,
  GETADDR: 22,
  NEWROUTE: 24,
  DELROUTE: 25,
  GETROUTE: 26,
} as const;
const IFA = { ADDRESS: 1, LOCAL: 2, BROADCAST: 4 } as const;
const RTA = { DST: 1, OIF: 4, GATEWAY: 5, PRIORITY: 6, TABLE: 15 } as const;
const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;
const RT_TABLE_MAIN = 254;
const RT_TABLE_LOCAL = 255;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;
const RTN_LOCAL = 2;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RT_SCOPE_HOST = 254;
/** Behind the kernel's own route to ::1. */
const LOOPBACK_PRIORITY = 2048;
const IFA_F_NODAD = 0x02;

/** The sizes of `struct ifaddrmsg` and `struct rtmsg`. */
const ADDRESS_HEADER_BYTES = 8;
const ROUTE_HEADER_BYTES = 12;

/** An address on a link. */
export interface LinkAddress {
  readonly linkIndex: number;
  readonly address: string;
  readonly prefixLength: number;
}

/** A route to one or, without a gateway, directly linked network. */
export interface Route {
  /** The default route's is `0.0.0.0` or `::`. */
  readonly destination: string;
  readonly prefixLength: number;
  readonly gateway?: string;
  readonly linkIndex?: number;
}

/** A route as the kernel lists it. */
export interface ListedRoute extends Route {
  readonly table: number;
}

/** Adds an address, IPv4 or IPv6, and with it the route to its subnet. */
export function newAddress({ linkIndex, address, prefixLength }: LinkAddress): NetlinkRequest {
  const bytes = parseIpAddress(address);
  const isIpv4 = bytes.length === 4;
  const flags = isIpv4 ? 0 : IFA_F_NODAD;
  const header = Uint8Array.of(familyOf(bytes), prefixLength, flags, RT_SCOPE_UNIVERSE, 0, 0, 0, 0);
  fixed(header, ADDRESS_HEADER_BYTES).setUint32(4, linkIndex, LITTLE);
  const message = encodeMessage({
    type: RTM.NEWADDR,
    flags: NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL,
    header,
    attributes: [
      attribute(IFA.LOCAL, bytes),
      attribute(IFA.ADDRESS, bytes),
      ...(isIpv4 && prefixLength < 31
        ? [attribute(IFA.BROADCAST, lastAddress(bytes, prefixLength))]
        : []),
    ],
  });
  return { what: `add address ${address}/${prefixLength} to link ${linkIndex}`, message };
}

/** Adds a route, IPv4 or IPv6, to the main table. */
export function newRoute(route: Route): NetlinkRequest {
  return routeRequest("add", { type: RTM.NEWROUTE, flags: NLM_F.CREATE | NLM_F.EXCL, route });
}

/** Takes a route out of the main table. */
export function deleteRoute(route: Route): NetlinkRequest {
  return routeRequest("delete", { type: RTM.DELROUTE, flags: 0, route });
}

interface RouteRequest {
  readonly type: number;
  readonly flags: number;
  readonly route: Route;
}

function routeRequest(verb: string, { type, flags, route }: RouteRequest): NetlinkRequest {
  const destination = parseIpAddress(route.destination);
  const { prefixLength, gateway, linkIndex } = route;
  const scope = gateway === undefined ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  const header = Uint8Array.of(
    ...[familyOf(destination), prefixLength, 0, 0],
    ...[RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST],
    ...[0, 0, 0, 0],
  );
  const message = encodeMessage({
    type,
    flags: NLM_F.ACK | flags,
    header,
    attributes: [
      ...(prefixLength === 0 ? [] : [attribute(RTA.DST, destination)]),
      ...(gateway === undefined ? [] : [attribute(RTA.GATEWAY, parseIpAddress(gateway))]),
      ...(linkIndex === undefined ? [] : [u32Attribute(RTA.OIF, linkIndex)]),
    ],
  });
  const via = gateway === undefined ? "" : ` via ${gateway}`;
  return { what: `${verb} route ${route.destination}/${prefixLength}${via}`, message };
}

/** Lets what arrives by a link be for `::1`, which the kernel else takes from loopback only. */
export function newLoopbackRoute(linkIndex: number): NetlinkRequest {
  const header = Uint8Array.of(
    ...[AF_INET6, 128, 0, 0],
    ...[RT_TABLE_LOCAL, RTPROT_BOOT, RT_SCOPE_HOST, RTN_LOCAL],
    ...[0, 0, 0, 0],
  );
  const message = encodeMessage({
    type: RTM.NEWROUTE,
    flags: NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL,
    header,
    attributes: [
      attribute(RTA.DST, parseIpAddress("::1")),
      u32Attribute(RTA.OIF, linkIndex),
      u32Attribute(RTA.PRIORITY, LOOPBACK_PRIORITY),
    ],
  });
  return { what: `add route ::1 on link ${linkIndex}`, message };
}

/** Asks for all addresses of the namespace, IPv4 and IPv6. */
export function dumpAddresses(): NetlinkRequest {
  const header = Uint8Array.of(AF_UNSPEC, 0, 0, 0, 0, 0, 0, 0);
  const message = encodeMessage({ type: RTM.GETADDR, flags: NLM_F.DUMP, header });
  return { what: "list addresses", message };
}

/** Asks for all routes of the namespace, IPv4 and IPv6, of all tables. */
export function dumpRoutes(): NetlinkRequest {
  const header = new Uint8Array(ROUTE_HEADER_BYTES);
  header[0] = AF_UNSPEC;
  const message = encodeMessage({ type: RTM.GETROUTE, flags: NLM_F.DUMP, header });
  return { what: "list routes", message };
}

/** Reads what dumpAddresses() gives. */
export function decodeAddress({ payload }: NetlinkMessage): LinkAddress {
  const header = fixed(payload, ADDRESS_HEADER_BYTES);
  const attributes = decodeAttributes(after(payload, ADDRESS_HEADER_BYTES));
  // On a point-to-point link ADDRESS is the other side's, and LOCAL our own.
  const local = findAttribute(attributes, IFA.LOCAL) ?? findAttribute(attributes, IFA.ADDRESS);
  return {
    linkIndex: header.getUint32(4, LITTLE),
    address: local === undefined ? "0.0.0.0" : formatIpAddress(local),
    prefixLength: header.getUint8(1),
  };
}

/** Reads what dumpRoutes() gives. */
export function decodeRoute({ payload }: NetlinkMessage): ListedRoute {
  const header = fixed(payload, ROUTE_HEADER_BYTES);
  const attributes = decodeAttributes(after(payload, ROUTE_HEADER_BYTES));
  const destination = findAttribute(attributes, RTA.DST);
  const gateway = findAttribute(attributes, RTA.GATEWAY);
  const link = findAttribute(attributes, RTA.OIF);
  const table = findAttribute(attributes, RTA.TABLE);
  return {
    destination:
      destination === undefined ? anyOf(header.getUint8(0)) : formatIpAddress(destination),
    prefixLength: header.getUint8(1),
    table: table === undefined ? header.getUint8(4) : decodeU32(table),
    ...(gateway === undefined ? {} : { gateway: formatIpAddress(gateway) }),
    ...(link === undefined ? {} : { linkIndex: decodeU32(link) }),
  };
}

function anyOf(family: number): string {
  return family === AF_INET6 ? "::" : "0.0.0.0";
}

function familyOf(address: Uint8Array): number {
  return address.length === 4 ? AF_INET : AF_INET6;
}

/** The broadcast address of an IPv4 subnet: all bits after the prefix are ones. */
function lastAddress(address: Uint8Array, prefixLength: number): Uint8Array {
  const hostBits = 32 - prefixLength;
  return address.map((byte, index) => byte | (((2 ** hostBits - 1) >>> (8 * (3 - index))) & 0xff));
}
