import { expect, test } from "bun:test";
import { makeFirewall } from "../../test/support/nftables-world.ts";
import {
  ADDRESS_TYPE_LOCAL,
  compare,
  decide,
  type Expression,
  loadDestinationType,
  loadMeta,
  loadPayload,
  lookupValue,
} from "./nftables-expression.ts";
import { newBaseChain, newRule, newTable, type Table } from "./nftables-message.ts";
import { masquerade, redirectTo, translateDestination } from "./nftables-nat.ts";
import { newSet } from "./nftables-set.ts";

const LOAD_NAT4 = [loadMeta("l4proto"), loadDestination("ipv4"), loadPortAt(2)] as const;
const LOAD_NAT6 = [loadMeta("l4proto"), loadDestination("ipv6"), loadPortAt(5)] as const;
const RULES: readonly [shown: string, ...expressions: Expression[]][] = [
  ["masquerade", masquerade()],
  ["fib daddr type local accept", loadDestinationType(), isLocal(), decide({ kind: "accept" })],
  ["meta l4proto 6 redirect to :7777", ...isTcp(), ...redirectTo(7777)],
  [
    "dnat ip to meta l4proto . ip daddr . th dport map @ports4",
    ...isFamily(2),
    ...LOAD_NAT4,
    lookupValue("ports4"),
    translateDestination("ipv4"),
  ],
  [
    "dnat ip6 to meta l4proto . ip6 daddr . th dport map @ports6",
    ...isFamily(10),
    ...LOAD_NAT6,
    lookupValue("ports6"),
    translateDestination("ipv6"),
  ],
];

test.each(RULES)("nft(8) reads the rule of an inet table as %p", (shown, ...expressions) => {
  const inet: Table = { family: "inet", name: "both" };
  const nat = { table: inet, name: "nat" };
  using world = makeFirewall(
    newTable(inet),
    newBaseChain({ ...nat, type: "nat", hook: "prerouting", priority: -100, policy: "accept" }),
    newSet({
      table: inet,
      name: "ports4",
      key: ["protocol", "ipv4", "port"],
      leadsTo: ["ipv4", "port"],
    }),
    newSet({
      table: inet,
      name: "ports6",
      key: ["protocol", "ipv6", "port"],
      leadsTo: ["ipv6", "port"],
    }),
  );
  const base = shown === "masquerade" ? { ...nat, name: "post" } : nat;
  world.apply(
    newBaseChain({
      ...{ table: inet, name: "post", type: "nat", hook: "postrouting" },
      ...{ priority: 100, policy: "accept" },
    }),
    newRule({ chain: base, expressions }),
  );

  expect(world.list()).toContain(shown);
});

function isFamily(number: number) {
  return [loadMeta("nfproto"), compare("equal", Uint8Array.of(number))] as const;
}

function isTcp() {
  return [loadMeta("l4proto"), compare("equal", Uint8Array.of(6))] as const;
}

function isLocal() {
  return compare("equal", ADDRESS_TYPE_LOCAL);
}

function loadDestination(family: "ipv4" | "ipv6") {
  const part = { ipv4: { offset: 16, lengthBytes: 4 }, ipv6: { offset: 24, lengthBytes: 16 } };
  return loadPayload({ base: "network", ...part[family] }, 1);
}

function loadPortAt(word: number) {
  return loadPayload({ base: "transport", offset: 2, lengthBytes: 2 }, word);
}
