import { expect, test } from "bun:test";
import { chain, makeFirewall, portBytes, table } from "../../test/support/nftables-world.ts";
import { deleteElements, newElements } from "./nftables-element.ts";
import {
  CONNECTION_STATE,
  CONNECTION_STATUS,
  compare,
  count,
  decide,
  type Expression,
  interfaceName,
  loadConnection,
  loadMeta,
  loadPayload,
  lookup,
  lookupVerdict,
  maskBits,
} from "./nftables-expression.ts";
import {
  deleteChain,
  deleteTable,
  flushChain,
  flushTable,
  newBaseChain,
  newChain,
  newRule,
} from "./nftables-message.ts";
import { masquerade } from "./nftables-nat.ts";
import { deleteSet, newSet } from "./nftables-set.ts";

const loadSource = loadPayload({ base: "network", offset: 12, lengthBytes: 4 });
const loadPort = loadPayload({ base: "transport", offset: 2, lengthBytes: 2 });

const RULES: readonly [shown: string, ...expressions: Expression[]][] = [
  ["accept", decide({ kind: "accept" })],
  ["drop", decide({ kind: "drop" })],
  ["return", decide({ kind: "return" })],
  ["jump other", decide({ kind: "jump", chain: "other" })],
  ["goto other", decide({ kind: "goto", chain: "other" })],
  ["counter", count()],
  ['iifname "br0"', loadMeta("iifname"), compare("equal", interfaceName("br0"))],
  ['oifname != "br0"', loadMeta("oifname"), compare("unequal", interfaceName("br0"))],
  [
    "ip saddr 172.16.0.0/12",
    loadSource,
    maskBits(Uint8Array.of(255, 240, 0, 0)),
    compare("equal", Uint8Array.of(172, 16, 0, 0)),
  ],
  [
    "ct state established,related",
    loadConnection("state"),
    // The register holds a number in the machine's byte order.
    maskBits(Uint8Array.of(CONNECTION_STATE.ESTABLISHED | CONNECTION_STATE.RELATED, 0, 0, 0)),
    compare("unequal", new Uint8Array(4)),
  ],
  ["ip saddr @sources", loadSource, lookup("sources")],
  ["ip saddr vmap @verdicts", loadSource, lookupVerdict("verdicts")],
  ["meta l4proto 17", loadMeta("l4proto"), compare("equal", Uint8Array.of(17))],
  [
    "ct status dnat",
    loadConnection("status"),
    maskBits(Uint8Array.of(CONNECTION_STATUS.DESTINATION_TRANSLATED, 0, 0, 0)),
    compare("unequal", new Uint8Array(4)),
  ],
  [
    "iifname . oifname vmap @pairs",
    loadMeta("iifname"),
    loadMeta("oifname", 4),
    lookupVerdict("pairs"),
  ],
];

test.each(RULES)("nft(8) reads the rule as %p", (shown, ...expressions) => {
  using world = makeFirewall(
    newChain({ table, name: "other" }),
    newSet({ table, name: "sources", key: "ipv4" }),
    newSet({ table, name: "verdicts", key: "ipv4", leadsTo: "verdict" }),
    newSet({ table, name: "pairs", key: ["interface", "interface"], leadsTo: "verdict" }),
    newRule({ chain, expressions }),
  );

  expect(world.list()).toContain(shown);
});

test("a base chain has its type, hook, priority and policy, and takes masquerading", () => {
  const post = { table, name: "post" };
  using world = makeFirewall(
    newBaseChain({ ...post, type: "nat", hook: "postrouting", priority: 100, policy: "accept" }),
    newRule({ chain: post, expressions: [masquerade()], comment: "to the world" }),
  );

  expect(world.list()).toEqual(
    expect.arrayContaining([
      "type nat hook postrouting priority srcnat; policy accept;",
      'masquerade comment "to the world"',
    ]),
  );
});

test("sets and maps hold their elements", () => {
  const sources = { table, name: "sources" };
  const ports = { table, name: "ports" };
  const verdicts = { table, name: "verdicts" };
  using world = makeFirewall(
    newSet({ ...sources, key: "ipv4" }),
    ...newElements(sources, [
      { key: Uint8Array.of(10, 0, 0, 1) },
      { key: Uint8Array.of(10, 0, 0, 2) },
    ]),
    newSet({ ...ports, key: "port", leadsTo: "ipv4" }),
    ...newElements(ports, [{ key: portBytes(8080), leadsTo: Uint8Array.of(10, 0, 0, 1) }]),
    newSet({ ...verdicts, key: "interface", leadsTo: "verdict" }),
    ...newElements(verdicts, [
      { key: interfaceName("br0"), leadsTo: { kind: "jump", chain: "plain" } },
      { key: interfaceName("br1"), leadsTo: { kind: "drop" } },
    ]),
    ...deleteElements(sources, [{ key: Uint8Array.of(10, 0, 0, 2) }]),
  );

  const shown = world.list();

  expect(shown).toContain("elements = { 10.0.0.1 }");
  expect(shown.join(" ")).toContain("elements = { 8080 : 10.0.0.1 }");
  expect(shown.join(" ")).toMatch(/elements = \{ "br[01]" : (jump plain|drop),\s+"br/);
});

test("generation() counts the batches of everybody", () => {
  using world = makeFirewall();
  const before = world.firewall.generation();

  world.apply(newChain({ table, name: "more" }));
  expect(world.firewall.generation()).toBe(before + 1);
  world.nft("add", "table", "ip", "theirs");
  expect(world.firewall.generation()).toBe(before + 2);
});

test("a batch with one bad request changes nothing and says which one it was", () => {
  using world = makeFirewall();

  expect(() =>
    world.apply(newChain({ table, name: "a" }), flushChain({ table, name: "nowhere" })),
  ).toThrow(/flush chain nowhere.*: ENOENT/);
  expect(world.list()).not.toContain("chain a {");
});

test("listRules() gives the rules of one table in order, and none of a table that is not there", () => {
  using world = makeFirewall(
    newRule({ chain, expressions: [count()], comment: "first" }),
    newRule({ chain, expressions: [loadPort, compare("equal", portBytes(80))] }),
  );
  world.nft("add table ip theirs; add chain ip theirs c; add rule ip theirs c drop");

  expect(world.firewall.listRules(table)).toMatchObject([
    { chain: "plain", comment: "first" },
    { chain: "plain", comment: "" },
  ]);
  expect(world.firewall.listRules({ family: "ip", name: "nowhere" })).toEqual([]);
});

test("flushing and deleting reach only what they name", () => {
  const set = { table, name: "sources" };
  const other = { table, name: "other" };
  using world = makeFirewall(newSet({ ...set, key: "ipv4" }), newChain(other));
  world.nft("add table ip theirs");
  for (const name of ["plain", "other"]) {
    world.apply(newRule({ chain: { table, name }, expressions: [count()] }));
  }

  world.apply(flushChain(chain), deleteChain(chain), deleteSet(set));
  expect(world.firewall.listRules(table)).toMatchObject([{ chain: "other" }]);

  world.apply(flushTable(table));
  expect(world.firewall.listRules(table)).toEqual([]);
  expect(world.firewall.hasTable(table)).toBe(true);

  world.apply(deleteTable(table));
  expect(world.firewall.hasTable(table)).toBe(false);
  expect(world.list()).toContain("table ip theirs {");
});
