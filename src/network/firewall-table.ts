import type { NetlinkRequest } from "../linux/netlink-message.ts";
import { deleteElements, type Element, flushSet, newElements } from "../linux/nftables-element.ts";
import {
  type BaseChain,
  flushChain,
  newBaseChain,
  newChain,
  newTable,
  type Table,
} from "../linux/nftables-message.ts";
import { type NamedSet, newSet } from "../linux/nftables-set.ts";

// The frame of a daemon's table: its chains and its sets. What the chains do is in firewall-rules.ts,
// what the sets hold comes from firewall-network.ts and published-ports.ts.

const PRIORITY = { raw: -300, destinationNat: -100, filter: 0, sourceNat: 100 } as const;

/** Chains that the kernel calls. */
const BASE_CHAINS = {
  raw: { type: "filter", hook: "prerouting", priority: PRIORITY.raw },
  prerouting: { type: "nat", hook: "prerouting", priority: PRIORITY.destinationNat },
  output: { type: "nat", hook: "output", priority: PRIORITY.destinationNat },
  forward: { type: "filter", hook: "forward", priority: PRIORITY.filter },
  postrouting: { type: "nat", hook: "postrouting", priority: PRIORITY.sourceNat },
} as const satisfies Record<string, Pick<BaseChain, "type" | "hook" | "priority">>;

/** Chains that other chains and the maps' verdicts lead to. */
const PLAIN_CHAINS = [
  "published",
  "relay",
  "only-published",
  "only-open",
  "unprotected",
  "to-bridges",
  "masquerading",
  "chosen-source",
] as const;

const SETS = {
  bridges: { key: "interface" },
  "within-bridge": { key: ["interface", "interface"], leadsTo: "verdict" },
  "from-bridge": { key: ["family", "interface"], leadsTo: "verdict" },
  "to-bridge": { key: ["family", "interface"], leadsTo: "verdict" },
  subnets4: { key: "ipv4", hasRanges: true },
  subnets6: { key: "ipv6", hasRanges: true },
  leaving4: { key: "ipv4", leadsTo: "verdict", hasRanges: true },
  leaving6: { key: "ipv6", leadsTo: "verdict", hasRanges: true },
  sources4: { key: "ipv4", leadsTo: "ipv4", hasRanges: true },
  sources6: { key: "ipv6", leadsTo: "ipv6", hasRanges: true },
  open4: { key: ["protocol", "ipv4", "port"] },
  open6: { key: ["protocol", "ipv6", "port"] },
  ports4: { key: ["protocol", "port"], leadsTo: ["ipv4", "port"] },
  ports6: { key: ["protocol", "port"], leadsTo: ["ipv6", "port"] },
  "ports4-at": { key: ["protocol", "ipv4", "port"], leadsTo: ["ipv4", "port"] },
  "ports6-at": { key: ["protocol", "ipv6", "port"], leadsTo: ["ipv6", "port"] },
  relayed: { key: "port" },
  "relayed-at": { key: ["ipv6", "port"] },
} as const satisfies Record<string, Pick<NamedSet, "key" | "leadsTo" | "hasRanges">>;

/** The name of a chain of the table. */
export type ChainName = keyof typeof BASE_CHAINS | (typeof PLAIN_CHAINS)[number];

/** The name of a set or map of the table. */
export type FirewallSet = keyof typeof SETS;

/** Elements, and the sets that they are for. */
export type Filling = readonly (readonly [set: FirewallSet, element: Element])[];

/** The table of a daemon, named after its default bridge: no other is ever touched. */
export function tableOf(bridge: string): Table {
  return { family: "inet", name: `sampan-${bridge}` };
}

/** Makes what is missing of the table, its chains and sets, and empties those. Others' stay. */
export function planFrame(table: Table): readonly NetlinkRequest[] {
  const bases = Object.entries(BASE_CHAINS).map(([name, chain]) =>
    newBaseChain({ table, name, policy: "accept", ...chain }),
  );
  const plain = PLAIN_CHAINS.map((name) => newChain({ table, name }));
  const chains = [...Object.keys(BASE_CHAINS), ...PLAIN_CHAINS];
  const sets = Object.entries(SETS).map(([name, set]) => newSet({ table, name, ...set }));
  return [
    newTable(table),
    ...bases,
    ...plain,
    ...sets,
    ...chains.map((name) => flushChain({ table, name })),
    ...Object.keys(SETS).map((name) => flushSet({ table, name })),
  ];
}

/** Puts elements into their sets. */
export function planFill(table: Table, filling: Filling): readonly NetlinkRequest[] {
  return bySet(filling).flatMap(([name, elements]) => newElements({ table, name }, elements));
}

/** Takes elements out of their sets. */
export function planDrain(table: Table, filling: Filling): readonly NetlinkRequest[] {
  return bySet(filling).flatMap(([name, elements]) => deleteElements({ table, name }, elements));
}

function bySet(filling: Filling): readonly (readonly [FirewallSet, readonly Element[]])[] {
  const sets = new Map<FirewallSet, Element[]>();
  for (const [name, element] of filling) {
    const elements = sets.get(name);
    if (elements === undefined) sets.set(name, [element]);
    else elements.push(element);
  }
  return [...sets];
}
