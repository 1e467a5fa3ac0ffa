import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { NftablesSocket } from "./nftables.ts";
import { compare, loadPayload } from "./nftables-expression.ts";
import { newChain, newRule, newTable, type Table } from "./nftables-message.ts";
import { writePort } from "./nftables-payload.ts";

const table: Table = { family: "ip", name: "ours" };
const chain = { table, name: "plain" };

const loadProtocol = loadPayload({ base: "network", offset: 9, lengthBytes: 1 });

test.each([
  ["udp dport set 5353", { protocol: "udp", port: "destination", number: 5353 }],
  ["udp sport set 53", { protocol: "udp", port: "source", number: 53 }],
  ["tcp dport set 65535", { protocol: "tcp", port: "destination", number: 65535 }],
  ["tcp sport set 258", { protocol: "tcp", port: "source", number: 258 }],
] as const)("nft(8) reads the writing of a port as %s", (shown, part) => {
  using namespace = new NetworkNamespace();
  using firewall = namespace.run(() => new NftablesSocket());
  const protocol = Uint8Array.of(part.protocol === "udp" ? 17 : 6);

  const expressions = [loadProtocol, compare("equal", protocol), ...writePort(part)];
  firewall.apply(newTable(table), newChain(chain), newRule({ chain, expressions }));

  expect(namespace.exec("nft", "list", "ruleset")).toContain(shown);
});
