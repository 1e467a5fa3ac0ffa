import type { NetlinkRequest } from "../linux/netlink-message.ts";
import {
  CONNECTION_STATE,
  compare,
  count,
  decide,
  type Expression,
  interfaceName,
  loadConnection,
  loadMeta,
  loadPayload,
  maskBits,
  masquerade,
} from "../linux/nftables-expression.ts";
import {
  type BaseChain,
  flushChain,
  newBaseChain,
  newRule,
  newTable,
  type Table,
} from "../linux/nftables-message.ts";
import { type Ipv4Subnet, maskOf, toBytes } from "./ipv4-subnet.ts";

const SOURCE_OFFSET = 12;
const PRIORITY_FILTER = 0;
const PRIORITY_SOURCE_NAT = 100;

/** The table that holds all rules of one bridge; no other table is ever touched. */
export function tableOf(bridge: string): Table {
  return { family: "ip", name: `sampan-${bridge}` };
}

/**
 * The rules of a bridge: containers leave by the host's address, and are reached from outside only
 * where they began it. Idempotent; other chains and sets of the table stay. A packet that passes
 * here still has to pass all other tables: in nftables only a drop is final.
 */
export function planBridgeRules(bridge: string, subnet: Ipv4Subnet): readonly NetlinkRequest[] {
  const table = tableOf(bridge);
  const postrouting: BaseChain = {
    table,
    name: "postrouting",
    type: "nat",
    hook: "postrouting",
    priority: PRIORITY_SOURCE_NAT,
    policy: "accept",
  };
  const forward: BaseChain = {
    table,
    name: "forward",
    type: "filter",
    hook: "forward",
    priority: PRIORITY_FILTER,
    policy: "accept",
  };
  return [
    newTable(table),
    ...[postrouting, forward].flatMap((chain) => [newBaseChain(chain), flushChain(chain)]),
    newRule({
      chain: postrouting,
      expressions: [...fromSubnet(subnet), ...leavesBy("unequal", bridge), count(), masquerade()],
      comment: "containers leave by the host's address",
    }),
    ...forwardRules(forward, bridge),
  ];
}

function forwardRules(chain: BaseChain, bridge: string): readonly NetlinkRequest[] {
  return [
    newRule({
      chain,
      expressions: [...leavesBy("unequal", bridge), accept],
      comment: "not to containers",
    }),
    newRule({
      chain,
      expressions: [loadMeta("iifname"), compare("equal", interfaceName(bridge)), accept],
      comment: "between containers",
    }),
    newRule({ chain, expressions: [...isKnown, accept], comment: "answers to containers" }),
    newRule({
      chain,
      expressions: [count(), decide({ kind: "drop" })],
      comment: "nothing else reaches containers",
    }),
  ];
}

const accept = decide({ kind: "accept" });

/** The packet belongs to a connection that the connection tracker knows. */
const isKnown: readonly Expression[] = [
  loadConnection("state"),
  // The register holds a 32-bit number in the machine's byte order, which is little-endian.
  maskBits(Uint8Array.of(CONNECTION_STATE.ESTABLISHED | CONNECTION_STATE.RELATED, 0, 0, 0)),
  compare("unequal", new Uint8Array(4)),
];

function fromSubnet(subnet: Ipv4Subnet): readonly Expression[] {
  return [
    loadPayload({ base: "network", offset: SOURCE_OFFSET, lengthBytes: 4 }),
    maskBits(maskOf(subnet)),
    compare("equal", toBytes(subnet.first)),
  ];
}

function leavesBy(operator: "equal" | "unequal", bridge: string): readonly Expression[] {
  return [loadMeta("oifname"), compare(operator, interfaceName(bridge))];
}
