import type { NetlinkRequest } from "../linux/netlink-message.ts";
import {
  ADDRESS_TYPE_LOCAL,
  CONNECTION_STATE,
  CONNECTION_STATUS,
  compare,
  count,
  decide,
  type Expression,
  loadConnection,
  loadDestinationType,
  loadMeta,
  loadPayload,
  lookup,
  lookupValue,
  lookupVerdict,
  maskBits,
} from "../linux/nftables-expression.ts";
import { newRule, type Table } from "../linux/nftables-message.ts";
import {
  masquerade,
  redirectTo,
  translateDestination,
  translateSource,
} from "../linux/nftables-nat.ts";
import type { FamilyName } from "./address-range.ts";
import type { ChainName, FirewallSet } from "./firewall-table.ts";

// The rules of a daemon's table. They are the same for one network and for a thousand: what differs
// is in the sets. A packet that passes here still has to pass all other tables, since in nftables
// only a drop is final; `accept` ends the way through this table and no other.

interface PlannedRule {
  readonly chain: ChainName;
  readonly does: readonly Expression[];
  /** For whoever reads `nft list ruleset`. */
  readonly why?: string;
}

const PROTOCOL = { icmp: 1, tcp: 6, icmpv6: 58 } as const;
const FAMILY_NUMBER = { ipv4: 2, ipv6: 10 } as const;
const LOOPBACK_4 = 127;
const LOOPBACK_6 = Uint8Array.from([...Array(15).fill(0), 1]);
const ADDRESS = {
  ipv4: { source: 12, destination: 16, lengthBytes: 4 },
  ipv6: { source: 8, destination: 24, lengthBytes: 16 },
} as const;

const accept = decide({ kind: "accept" });
const drop = decide({ kind: "drop" });
const goto = (chain: ChainName) => decide({ kind: "goto", chain });
const set = (name: FirewallSet) => lookup(name);

/** All rules, in their order. The relay's port is undefined while it listens nowhere. */
export function planRules(table: Table, relayPort?: number): readonly NetlinkRequest[] {
  const rules = [
    ...loopbackRules,
    ...forwardRules,
    ...destinationRules,
    ...sourceRules,
    ...(relayPort === undefined ? [] : [relayRule(relayPort)]),
  ];
  return rules.map(({ chain: name, does, why }) =>
    newRule({
      chain: { table, name },
      expressions: does,
      ...(why === undefined ? {} : { comment: why }),
    }),
  );
}

/**
 * Answers to the host's own 127.0.0.1 come in by the bridges, so route_localnet is on there. Before
 * the translation nothing that comes from a container may have such an address.
 */
const loopbackRules: readonly PlannedRule[] = [ADDRESS.ipv4.destination, ADDRESS.ipv4.source].map(
  (offset) => ({
    chain: "raw",
    does: [loadMeta("iifname"), set("bridges"), ...isLoopback4(offset), count(), drop],
    why: "the host's loopback is its own",
  }),
);

const forwardRules: readonly PlannedRule[] = [
  { chain: "forward", does: [...isKnown(), accept], why: "answers" },
  {
    chain: "forward",
    does: [loadMeta("iifname"), loadMeta("oifname", 4), lookupVerdict("within-bridge")],
  },
  {
    chain: "forward",
    does: [loadMeta("nfproto"), loadMeta("iifname", 1), lookupVerdict("from-bridge")],
  },
  {
    chain: "forward",
    does: [loadMeta("nfproto"), loadMeta("oifname", 1), lookupVerdict("to-bridge")],
  },
  { chain: "only-published", does: [...isPublished(), accept] },
  { chain: "only-published", does: [count(), drop], why: "nothing else reaches containers" },
  { chain: "only-open", does: [...isProtocol("icmp"), accept] },
  { chain: "only-open", does: [...isProtocol("icmpv6"), accept] },
  { chain: "only-open", does: [...isFamily("ipv4"), ...loadPortAt("ipv4"), set("open4"), accept] },
  { chain: "only-open", does: [...isFamily("ipv6"), ...loadPortAt("ipv6"), set("open6"), accept] },
  { chain: "only-open", does: [goto("only-published")] },
  {
    chain: "unprotected",
    does: [loadMeta("iifname"), set("bridges"), goto("only-published")],
    why: "networks are apart",
  },
  { chain: "unprotected", does: [accept] },
];

/** Only what is sent to an address of the host itself is taken; a port of one address goes first. */
const destinationRules: readonly PlannedRule[] = [
  {
    chain: "prerouting",
    does: [...isLoopback4(ADDRESS.ipv4.destination), decide({ kind: "return" })],
    why: "from outside",
  },
  ...(["prerouting", "output"] as const).map((chain) => ({
    chain,
    does: [
      loadDestinationType(),
      compare("equal", ADDRESS_TYPE_LOCAL),
      decide({ kind: "jump", chain: "published" satisfies ChainName }),
    ],
  })),
  {
    chain: "published",
    does: [
      ...isFamily("ipv6"),
      ...isProtocol("tcp"),
      loadAddress("ipv6", { part: "destination", word: 0 }),
      loadPort(4),
      set("relayed-at"),
      goto("relay"),
    ],
  },
  ...(["ipv4", "ipv6"] as const).flatMap((family) => [
    publishedRule(family, [...loadPortAt(family), lookupValue(`${portsOf(family)}-at`)]),
    publishedRule(family, [loadMeta("l4proto"), loadPort(1), lookupValue(portsOf(family))]),
  ]),
  {
    chain: "published",
    does: [...isFamily("ipv6"), ...isProtocol("tcp"), loadPort(0), set("relayed"), goto("relay")],
  },
];

const sourceRules: readonly PlannedRule[] = [
  { chain: "postrouting", does: [loadMeta("oifname"), set("bridges"), goto("to-bridges")] },
  { chain: "postrouting", does: [...loadSource("ipv4"), lookupVerdict("leaving4")] },
  { chain: "postrouting", does: [...loadSource("ipv6"), lookupVerdict("leaving6")] },
  { chain: "masquerading", does: [masquerade()] },
  {
    chain: "chosen-source",
    does: [...loadSource("ipv4"), lookupValue("sources4"), translateSource("ipv4")],
  },
  {
    chain: "chosen-source",
    does: [...loadSource("ipv6"), lookupValue("sources6"), translateSource("ipv6")],
  },
  // The answers of a server that shares a bridge with its client would go past the host.
  ...(["ipv4", "ipv6"] as const).map((family) => ({
    chain: "to-bridges" as const,
    does: [
      ...isPublished(),
      ...loadSource(family),
      set(family === "ipv4" ? "subnets4" : "subnets6"),
      masquerade(),
    ],
    why: "containers by the host's ports",
  })),
  { chain: "to-bridges", does: [...isLoopback4(ADDRESS.ipv4.source), masquerade()] },
  {
    chain: "to-bridges",
    does: [...loadSource("ipv6"), compare("equal", LOOPBACK_6), masquerade()],
  },
];

function relayRule(port: number): PlannedRule {
  return { chain: "relay", does: [...isProtocol("tcp"), ...redirectTo(port)] };
}

function publishedRule(family: FamilyName, find: readonly Expression[]): PlannedRule {
  const does = [...isFamily(family), ...find, translateDestination(family)];
  return { chain: "published", does };
}

function portsOf(family: FamilyName) {
  return family === "ipv4" ? "ports4" : "ports6";
}

/** The packet belongs to a connection that the connection tracker knows. */
function isKnown(): readonly Expression[] {
  return hasBits("state", CONNECTION_STATE.ESTABLISHED | CONNECTION_STATE.RELATED);
}

/** The connection was sent here by a published port, be it of this table or of another. */
function isPublished(): readonly Expression[] {
  return hasBits("status", CONNECTION_STATUS.DESTINATION_TRANSLATED);
}

function hasBits(key: "state" | "status", bits: number): readonly Expression[] {
  // The register holds a 32-bit number in the machine's byte order, which is little-endian.
  const mask = maskBits(Uint8Array.of(bits, 0, 0, 0));
  return [loadConnection(key), mask, compare("unequal", new Uint8Array(4))];
}

function isFamily(family: FamilyName): readonly Expression[] {
  return [loadMeta("nfproto"), compare("equal", Uint8Array.of(FAMILY_NUMBER[family]))];
}

function isProtocol(name: keyof typeof PROTOCOL): readonly Expression[] {
  return [loadMeta("l4proto"), compare("equal", Uint8Array.of(PROTOCOL[name]))];
}

function isLoopback4(offset: number): readonly Expression[] {
  const load = loadPayload({ base: "network", offset, lengthBytes: 1 });
  return [...isFamily("ipv4"), load, compare("equal", Uint8Array.of(LOOPBACK_4))];
}

function loadSource(family: FamilyName): readonly Expression[] {
  return [...isFamily(family), loadAddress(family, { part: "source", word: 0 })];
}

/** Protocol, destination address and port, side by side. */
function loadPortAt(family: FamilyName): readonly Expression[] {
  return [
    loadMeta("l4proto"),
    loadAddress(family, { part: "destination", word: 1 }),
    loadPort(1 + ADDRESS[family].lengthBytes / 4),
  ];
}

function loadAddress(
  family: FamilyName,
  { part, word }: { part: "source" | "destination"; word: number },
): Expression {
  const { [part]: offset, lengthBytes } = ADDRESS[family];
  return loadPayload({ base: "network", offset, lengthBytes }, word);
}

function loadPort(word: number): Expression {
  return loadPayload({ base: "transport", offset: 2, lengthBytes: 2 }, word);
}
