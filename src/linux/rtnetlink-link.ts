import {
  after,
  attribute,
  decodeAttributes,
  decodeText,
  decodeU32,
  encodeMessage,
  findAttribute,
  fixed,
  LITTLE,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F,
  nested,
  textAttribute,
  u32Attribute,
} from "./netlink-message.ts";

// Builders of rtnetlink(7) requests about links that are there. They only make bytes; rtnetlink.ts
// sends them.

/** Message types about links. */
export const RTM = { NEWLINK: 16, DELLINK: 17, GETLINK: 18 } as const;

/** Attributes of a link. */
export const IFLA = {
  ADDRESS: 1,
  IFNAME: 3,
  MTU: 4,
  LINK: 5,
  MASTER: 10,
  LINKINFO: 18,
  AF_SPEC: 26,
  NET_NS_FD: 28,
  EXT_MASK: 29,
  NUM_TX_QUEUES: 31,
  NUM_RX_QUEUES: 32,
} as const;

/** What a link's IFLA.LINKINFO holds. */
export const IFLA_INFO = { KIND: 1, DATA: 2, PORT_KIND: 4, PORT_DATA: 5 } as const;

const IFLA_BRPORT = { MODE: 4, ISOLATED: 33 } as const;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_NONE = 1;
const RTEXT_FILTER_SKIP_STATS = 8;
const AF_INET6 = 10;
const IFF_UP = 1;

/** The size of `struct ifinfomsg`. */
const HEADER_BYTES = 16;

/** A network interface as the kernel lists it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly mtu: number;
  /** As in `02:42:ac:11:00:02`; empty where the kind of link has none. */
  readonly macAddress: string;
  /** Such as `bridge` or `veth`; empty for hardware and loopback. */
  readonly kind: string;
  /** The bridge that it is a port of. */
  readonly masterIndex?: number;
  /** A veth's other end, in whichever namespace that is. */
  readonly peerIndex?: number;
}

/** A link is found by its index or its name. */
export type LinkReference = { readonly index: number } | { readonly name: string };

/** Takes a link away; both ends of a veth pair go. */
export function deleteLink(link: LinkReference): NetlinkRequest {
  return request("delete", { type: RTM.DELLINK, link });
}

/** Brings a link up. */
export function setLinkUp(link: LinkReference): NetlinkRequest {
  return request("bring up", { type: RTM.NEWLINK, link, up: true });
}

/**
 * Lets IPv6 make no address of its own for a link that is down, and so probe none for duplicates.
 * It must be a request of its own before the one that brings the link up: within one, the kernel
 * does that first.
 */
export function setNoIpv6Addresses(link: LinkReference): NetlinkRequest {
  const mode = attribute(IFLA_INET6_ADDR_GEN_MODE, Uint8Array.of(IN6_ADDR_GEN_MODE_NONE));
  const attributes = [nested(IFLA.AF_SPEC, nested(AF_INET6, mode))];
  return request("stop IPv6 addresses of", { type: RTM.NEWLINK, link, attributes });
}

/** Moves a link into another network namespace, where it arrives down. */
export function moveLink(link: LinkReference, namespaceFd: number): NetlinkRequest {
  const attributes = [u32Attribute(IFLA.NET_NS_FD, namespaceFd)];
  return request("move to another namespace:", { type: RTM.NEWLINK, link, attributes });
}

/** How a bridge treats one of its ports. */
export interface BridgePort {
  /** Frames may go out where they came in: a container reaches itself by a port of the host. */
  readonly hairpin: boolean;
  /** Frames go to and come from the bridge itself only, and ports that are not isolated. */
  readonly isolated: boolean;
}

/** Sets how its bridge treats a link. */
export function setBridgePort(
  link: LinkReference,
  { hairpin, isolated }: BridgePort,
): NetlinkRequest {
  const port = nested(
    IFLA_INFO.PORT_DATA,
    attribute(IFLA_BRPORT.MODE, Uint8Array.of(Number(hairpin))),
    attribute(IFLA_BRPORT.ISOLATED, Uint8Array.of(Number(isolated))),
  );
  const attributes = [nested(IFLA.LINKINFO, textAttribute(IFLA_INFO.PORT_KIND, "bridge"), port)];
  return request("set bridge port", { type: RTM.NEWLINK, link, attributes });
}

/** Asks for one link. */
export function getLink(link: LinkReference): NetlinkRequest {
  const attributes = [u32Attribute(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS)];
  return request("get", { type: RTM.GETLINK, link, attributes });
}

/** Asks for all links of the namespace. */
export function dumpLinks(): NetlinkRequest {
  const message = encodeMessage({
    type: RTM.GETLINK,
    flags: NLM_F.DUMP,
    header: encodeLinkHeader({ index: 0, up: false }),
    attributes: [u32Attribute(IFLA.EXT_MASK, RTEXT_FILTER_SKIP_STATS)],
  });
  return { what: "list links", message };
}

/** Reads what getLink() and dumpLinks() give. */
export function decodeLink({ payload }: NetlinkMessage): Link {
  const header = fixed(payload, HEADER_BYTES);
  const attributes = decodeAttributes(after(payload, HEADER_BYTES));
  const bytes = (type: number) => findAttribute(attributes, type) ?? new Uint8Array(0);
  const index = (type: number) => (bytes(type).length === 0 ? undefined : decodeU32(bytes(type)));
  const kind = findAttribute(decodeAttributes(bytes(IFLA.LINKINFO)), IFLA_INFO.KIND);
  const masterIndex = index(IFLA.MASTER);
  const peerIndex = index(IFLA.LINK);
  return {
    index: header.getInt32(4, LITTLE),
    name: decodeText(bytes(IFLA.IFNAME)),
    up: (header.getUint32(8, LITTLE) & IFF_UP) !== 0,
    mtu: decodeU32(bytes(IFLA.MTU)),
    macAddress: decodeMac(bytes(IFLA.ADDRESS)),
    kind: kind === undefined ? "" : decodeText(kind),
    ...(masterIndex === undefined ? {} : { masterIndex }),
    ...(peerIndex === undefined ? {} : { peerIndex }),
  };
}

/** `struct ifinfomsg`: family, type, index, flags, and which of the flags are to change. */
export function encodeLinkHeader({ index, up }: { index: number; up: boolean }): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = fixed(header, HEADER_BYTES);
  view.setInt32(4, index, LITTLE);
  view.setUint32(8, up ? IFF_UP : 0, LITTLE);
  view.setUint32(12, up ? IFF_UP : 0, LITTLE);
  return header;
}

interface LinkRequest {
  readonly type: number;
  readonly link: LinkReference;
  readonly up?: boolean;
  readonly attributes?: readonly Uint8Array[];
}

function request(verb: string, { type, link, up = false, attributes = [] }: LinkRequest) {
  const byName = "name" in link;
  const name = byName ? [textAttribute(IFLA.IFNAME, link.name)] : [];
  const message = encodeMessage({
    type,
    flags: NLM_F.ACK,
    header: encodeLinkHeader({ index: byName ? 0 : link.index, up }),
    attributes: [...name, ...attributes],
  });
  return { what: `${verb} link ${byName ? link.name : link.index}`, message };
}

function decodeMac(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
