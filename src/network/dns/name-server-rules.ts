import type { NetlinkRequest } from "../../linux/netlink-message.ts";
import { compare, type Expression, loadPayload } from "../../linux/nftables-expression.ts";
import {
  type BaseChain,
  flushChain,
  newBaseChain,
  newRule,
  newTable,
  type Table,
} from "../../linux/nftables-message.ts";
import { writePort } from "../../linux/nftables-payload.ts";

/** Where containers ask, as in Docker. */
export const NAME_SERVER_ADDRESS = "127.0.0.11";

const ADDRESS = Uint8Array.of(127, 0, 0, 11);
const DNS_PORT = 53;
const IP_PROTOCOL = { udp: 17, tcp: 6 } as const;
const IP_OFFSET = { protocol: 9, source: 12, destination: 16 } as const;
const PORT_OFFSET = { source: 0, destination: 2 } as const;

// Connection tracking of the container's own making stands between them, at -200, and sees port 53
// both ways: answers are changed before it, queries after it and after source NAT, at 100.
const PRIORITY_ANSWERS = -300;
const PRIORITY_QUERIES = 300;

/** Nothing but the rules of the name server. */
export const NAME_SERVER_TABLE: Table = { family: "ip", name: "sampan-dns" };

/** The ports that the server got. */
export interface ServerPorts {
  readonly udp: number;
  readonly tcp: number;
}

/**
 * The rules in a container's namespace that lead 127.0.0.11:53 to the server's ports and back. Port
 * 53 itself stays free: a container may be a name server too. What an earlier daemon left is replaced.
 */
export function planNameServerRules(ports: ServerPorts): readonly NetlinkRequest[] {
  const base = { table: NAME_SERVER_TABLE, type: "filter", policy: "accept" } as const;
  const queries: BaseChain = {
    ...base,
    name: "queries",
    hook: "postrouting",
    priority: PRIORITY_QUERIES,
  };
  const answers: BaseChain = {
    ...base,
    name: "answers",
    hook: "output",
    priority: PRIORITY_ANSWERS,
  };
  return [
    newTable(NAME_SERVER_TABLE),
    ...[queries, answers].flatMap((chain) => [newBaseChain(chain), flushChain(chain)]),
    ...(["udp", "tcp"] as const).flatMap((protocol) => [
      newRule({ chain: queries, expressions: leadThere(protocol, ports[protocol]) }),
      newRule({ chain: answers, expressions: leadBack(protocol, ports[protocol]) }),
    ]),
  ];
}

function leadThere(protocol: keyof ServerPorts, number: number): readonly Expression[] {
  return [
    ...matches({ protocol, port: "destination", number: DNS_PORT }),
    ...writePort({ protocol, port: "destination", number }),
  ];
}

function leadBack(protocol: keyof ServerPorts, number: number): readonly Expression[] {
  return [
    ...matches({ protocol, port: "source", number }),
    ...writePort({ protocol, port: "source", number: DNS_PORT }),
  ];
}

function matches(part: {
  readonly protocol: keyof ServerPorts;
  readonly port: "source" | "destination";
  readonly number: number;
}): readonly Expression[] {
  const { protocol, port, number } = part;
  return [
    loadPayload({ base: "network", offset: IP_OFFSET[port], lengthBytes: 4 }),
    compare("equal", ADDRESS),
    loadPayload({ base: "network", offset: IP_OFFSET.protocol, lengthBytes: 1 }),
    compare("equal", Uint8Array.of(IP_PROTOCOL[protocol])),
    loadPayload({ base: "transport", offset: PORT_OFFSET[port], lengthBytes: 2 }),
    compare("equal", Uint8Array.of(number >> 8, number & 0xff)),
  ];
}
