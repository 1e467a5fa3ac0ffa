import { EngineError } from "../base/errors.ts";
import {
  attribute,
  encodeMessage,
  type NetlinkRequest,
  NLM_F,
  nested,
  textAttribute,
  u32Attribute,
} from "./netlink-message.ts";
import { encodeLinkHeader, IFLA, IFLA_INFO, RTM } from "./rtnetlink-link.ts";

// Builders of rtnetlink(7) requests that make links.

const VETH_INFO_PEER = 1;
const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** A new veth pair, with one end in each of two network namespaces. */
export interface VethPair {
  readonly host: {
    readonly name: string;
    /** The kernel heeds the peer's index only where this one is chosen, too. */
    readonly index: number;
    readonly masterIndex: number;
  };
  readonly peer: {
    readonly name: string;
    readonly index: number;
    readonly macAddress: string;
    readonly namespaceFd: number;
  };
  readonly mtu: number;
}

/** A new bridge. */
export interface Bridge {
  readonly name: string;
  readonly mtu: number;
  /** Left out, it is the lowest of its ports', and changes as they come and go. */
  readonly macAddress?: string;
}

/** Makes a bridge; refused with EEXIST where the name is in use. */
export function newBridge({ name, mtu, macAddress }: Bridge): NetlinkRequest {
  return newLink(`create bridge ${name}`, {
    header: encodeLinkHeader({ index: 0, up: false }),
    attributes: [
      textAttribute(IFLA.IFNAME, name),
      u32Attribute(IFLA.MTU, mtu),
      ...(macAddress === undefined ? [] : [attribute(IFLA.ADDRESS, encodeMac(macAddress))]),
      nested(IFLA.LINKINFO, textAttribute(IFLA_INFO.KIND, "bridge")),
    ],
  });
}

/** Makes a veth pair: the host's end up and a port of the bridge, the peer at once in its namespace. */
export function newVeth({ host, peer, mtu }: VethPair): NetlinkRequest {
  const peerEnd = Buffer.concat([
    encodeLinkHeader({ index: peer.index, up: false }),
    textAttribute(IFLA.IFNAME, peer.name),
    attribute(IFLA.ADDRESS, encodeMac(peer.macAddress)),
    u32Attribute(IFLA.NET_NS_FD, peer.namespaceFd),
    ...bothEnds(mtu),
  ]);
  return newLink(`create veth ${host.name}`, {
    header: encodeLinkHeader({ index: host.index, up: true }),
    attributes: [
      textAttribute(IFLA.IFNAME, host.name),
      u32Attribute(IFLA.MASTER, host.masterIndex),
      ...bothEnds(mtu),
      nested(
        IFLA.LINKINFO,
        textAttribute(IFLA_INFO.KIND, "veth"),
        nested(IFLA_INFO.DATA, attribute(VETH_INFO_PEER, peerEnd)),
      ),
    ],
  });
}

/** A link that shares a link of the host's, perhaps in another network namespace. */
export interface ChildLink {
  readonly kind: "macvlan" | "ipvlan";
  /** The driver's number of the mode. if_link.h */
  readonly mode: number;
  readonly parentIndex: number;
  readonly name: string;
  readonly index?: number;
  readonly macAddress?: string;
  readonly namespaceFd?: number;
}

/** Makes a link that shares its parent's; refused with ENOTSUP where the kernel has no such kind. */
export function newChildLink(link: ChildLink): NetlinkRequest {
  const { kind, mode, parentIndex, name, index = 0, macAddress, namespaceFd } = link;
  // macvlan's mode is a u32, and ipvlan's a u16.
  const value = kind === "macvlan" ? u32Attribute(1, mode) : attribute(1, Uint8Array.of(mode, 0));
  return newLink(`create ${kind} ${name}`, {
    header: encodeLinkHeader({ index, up: false }),
    attributes: [
      textAttribute(IFLA.IFNAME, name),
      u32Attribute(IFLA.LINK, parentIndex),
      ...(macAddress === undefined ? [] : [attribute(IFLA.ADDRESS, encodeMac(macAddress))]),
      ...(namespaceFd === undefined ? [] : [u32Attribute(IFLA.NET_NS_FD, namespaceFd)]),
      nested(IFLA.LINKINFO, textAttribute(IFLA_INFO.KIND, kind), nested(IFLA_INFO.DATA, value)),
    ],
  });
}

/** One queue each: the driver's default is one for each processor, and each costs files in sysfs. */
function bothEnds(mtu: number): readonly Uint8Array[] {
  return [
    u32Attribute(IFLA.MTU, mtu),
    u32Attribute(IFLA.NUM_TX_QUEUES, 1),
    u32Attribute(IFLA.NUM_RX_QUEUES, 1),
  ];
}

function newLink(
  what: string,
  parts: { readonly header: Uint8Array; readonly attributes: readonly Uint8Array[] },
): NetlinkRequest {
  const flags = NLM_F.ACK | NLM_F.CREATE | NLM_F.EXCL;
  return { what, message: encodeMessage({ type: RTM.NEWLINK, flags, ...parts }) };
}

function encodeMac(text: string): Uint8Array {
  if (!MAC.test(text)) {
    throw new EngineError(
      "invalid",
      `Invalid MAC address "${text}": want six hex pairs and colons`,
    );
  }
  return Uint8Array.from(text.split(":"), (pair) => Number.parseInt(pair, 16));
}
