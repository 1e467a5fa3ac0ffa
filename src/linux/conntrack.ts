import { parseIpAddress } from "../base/ip-address.ts";
import { NETLINK, NetlinkSocket } from "./netlink.ts";
import {
  after,
  attribute,
  decodeAttributes,
  encodeMessage,
  findAttribute,
  fixed,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F,
  nested,
  u32Attribute,
} from "./netlink-message.ts";
import { SysError } from "./syscall.ts";

// Connections that the kernel tracks, by nfnetlink. conntrack(8)

const SUBSYSTEM = 1;
const MSG = { GET: 1, DELETE: 2 } as const;
const FAMILY = { ipv4: 2, ipv6: 10 } as const;
const CTA = { TUPLE_ORIG: 1, TUPLE_REPLY: 2, ZONE: 18, FILTER: 25 } as const;
const TUPLE = { IP: 1, PROTO: 2 } as const;
const IP_SOURCE = { ipv4: 1, ipv6: 3 } as const;
const PROTO = { NUMBER: 1, DESTINATION_PORT: 3 } as const;
const FILTER = { ORIG_FLAGS: 1, REPLY_FLAGS: 2 } as const;
const FILTER_BY = { SOURCE: 1, PROTOCOL: 8, DESTINATION_PORT: 32 } as const;
const HEADER_BYTES = 4;

type Family = keyof typeof FAMILY;

/** Connections of a protocol, by its number in packets. */
export type TrackedConnections =
  /** That this address answers. */
  | { readonly protocol: number; readonly answeredBy: string }
  /** That went to one of these ports, of whatever address. */
  | { readonly protocol: number; readonly family: Family; readonly sentTo: ReadonlySet<number> };

/** The connection tracker of the network namespace that its maker was in. */
export class ConntrackSocket implements Disposable {
  readonly #socket = new NetlinkSocket(NETLINK.NETFILTER);

  /** Lets the kernel look anew where the next packets of these connections are to go. */
  forget(connections: TrackedConnections): void {
    const family = familyOf(connections);
    for (const connection of this.#list(listConnections(family, connections))) {
      const tuple = originalTuple(connection);
      if ("sentTo" in connections && !connections.sentTo.has(portOf(tuple))) continue;
      // One that has ended meanwhile is refused, which is as good.
      this.#socket.trySend([deleteConnection(family, { connection, tuple })]);
    }
  }

  #list(request: NetlinkRequest): readonly NetlinkMessage[] {
    try {
      return this.#socket.dump(request);
    } catch (error) {
      // A kernel that lets nobody see its connections forgets them by itself, within minutes.
      if (error instanceof SysError && error.code === "EINVAL") return [];
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

function familyOf(connections: TrackedConnections): Family {
  if ("family" in connections) return connections.family;
  return connections.answeredBy.includes(":") ? "ipv6" : "ipv4";
}

function listConnections(family: Family, connections: TrackedConnections): NetlinkRequest {
  return request("list connections", {
    type: MSG.GET,
    flags: NLM_F.DUMP,
    family,
    attributes: encodeFilter(family, connections),
  });
}

function encodeFilter(family: Family, connections: TrackedConnections): readonly Uint8Array[] {
  const protocol = attribute(PROTO.NUMBER, Uint8Array.of(connections.protocol));
  if ("answeredBy" in connections) {
    const source = attribute(IP_SOURCE[family], parseIpAddress(connections.answeredBy));
    const tuple = [nested(TUPLE.IP, source), nested(TUPLE.PROTO, protocol)];
    const flags = u32Attribute(FILTER.REPLY_FLAGS, FILTER_BY.SOURCE | FILTER_BY.PROTOCOL);
    return [nested(CTA.TUPLE_REPLY, ...tuple), nested(CTA.FILTER, flags)];
  }
  // Each list goes over the whole of the kernel's table, which takes milliseconds, so there is one for
  // all ports. The kernel knows no filter for several: then whoever asks picks them out.
  const [only = 0] = connections.sentTo;
  const isOne = connections.sentTo.size === 1;
  const port = attribute(PROTO.DESTINATION_PORT, Uint8Array.of(only >> 8, only & 0xff));
  const tuple = nested(TUPLE.PROTO, protocol, ...(isOne ? [port] : []));
  const filter = FILTER_BY.PROTOCOL | (isOne ? FILTER_BY.DESTINATION_PORT : 0);
  return [
    nested(CTA.TUPLE_ORIG, tuple),
    nested(CTA.FILTER, u32Attribute(FILTER.ORIG_FLAGS, filter)),
  ];
}

/** Where a connection's first packet came from and went to. */
function originalTuple({ payload }: NetlinkMessage): Uint8Array {
  const listed = decodeAttributes(after(payload, HEADER_BYTES));
  return findAttribute(listed, CTA.TUPLE_ORIG) ?? new Uint8Array();
}

function portOf(tuple: Uint8Array): number {
  const protocol = findAttribute(decodeAttributes(tuple), TUPLE.PROTO) ?? new Uint8Array();
  const port = findAttribute(decodeAttributes(protocol), PROTO.DESTINATION_PORT);
  return port === undefined ? 0 : fixed(port, 2).getUint16(0);
}

function deleteConnection(
  family: Family,
  { connection, tuple }: { readonly connection: NetlinkMessage; readonly tuple: Uint8Array },
): NetlinkRequest {
  const zone = findAttribute(decodeAttributes(after(connection.payload, HEADER_BYTES)), CTA.ZONE);
  return request("forget a connection", {
    type: MSG.DELETE,
    flags: NLM_F.ACK,
    family,
    attributes: [nested(CTA.TUPLE_ORIG, tuple), ...(zone ? [attribute(CTA.ZONE, zone)] : [])],
  });
}

function request(
  what: string,
  parts: {
    readonly type: number;
    readonly flags: number;
    readonly family: Family;
    readonly attributes: readonly Uint8Array[];
  },
): NetlinkRequest {
  const { type, flags, family, attributes } = parts;
  const message = encodeMessage({
    type: (SUBSYSTEM << 8) | type,
    flags,
    header: Uint8Array.of(FAMILY[family], 0, 0, 0),
    attributes,
  });
  return { what, message };
}
