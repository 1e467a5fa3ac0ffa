import type { NetlinkRequest } from "../../src/linux/netlink-message.ts";
import { NftablesSocket } from "../../src/linux/nftables.ts";
import { newChain, newTable, type Table } from "../../src/linux/nftables-message.ts";
import { NetworkNamespace } from "./network-namespace.ts";

/** The table that these tests make. */
export const table: Table = { family: "ip", name: "ours" };
/** A chain in it. */
export const chain = { table, name: "plain" } as const;

/** A port as packets have it. */
export function portBytes(number: number): Uint8Array {
  return Uint8Array.of(number >> 8, number & 0xff);
}

/** A network namespace with the table, the chain, and what is asked for. */
export function makeFirewall(...requests: readonly NetlinkRequest[]) {
  const undo = new DisposableStack();
  const namespace = undo.use(new NetworkNamespace());
  const firewall = undo.use(namespace.run(() => new NftablesSocket()));
  firewall.apply(newTable(table), newChain(chain), ...requests);
  return {
    firewall,
    apply: (...more: readonly NetlinkRequest[]) => firewall.apply(...more),
    /** The lines that nft(8) shows, with protocols' numbers and without the counters' values. */
    list: () =>
      namespace
        .exec("nft", "-p", "list", "ruleset")
        .replaceAll(/ packets \d+ bytes \d+/g, "")
        .split("\n")
        .map((line) => line.trim()),
    nft: (...words: readonly string[]) => namespace.exec("nft", ...words),
    [Symbol.dispose]: () => undo.dispose(),
  };
}
