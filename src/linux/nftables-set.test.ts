import { expect, test } from "bun:test";
import { makeFirewall, portBytes, table } from "../../test/support/nftables-world.ts";
import { deleteElements, flushSet, getElement, newElements } from "./nftables-element.ts";
import { concatenate, newSet } from "./nftables-set.ts";

test("sets of ranges and of several things side by side hold their elements", () => {
  const nets = { table, name: "nets" };
  const pairs = { table, name: "pairs" };
  const first = { key: Uint8Array.of(10, 1, 0, 0), end: Uint8Array.of(10, 2, 0, 0) };
  const last = { key: Uint8Array.of(255, 0, 0, 0), end: undefined };
  using world = makeFirewall(
    newSet({ ...nets, key: "ipv4", hasRanges: true }),
    ...newElements(nets, [first, last]),
    newSet({ ...pairs, key: ["protocol", "port"], leadsTo: ["ipv4", "port"] }),
    ...newElements(pairs, [
      {
        key: concatenate(Uint8Array.of(6), portBytes(8080)),
        leadsTo: concatenate(Uint8Array.of(10, 0, 0, 1), portBytes(80)),
      },
    ]),
  );

  expect(world.list()).toContain("elements = { 10.1.0.0/16, 255.0.0.0/8 }");
  expect(world.list()).toContain("elements = { 6 . 8080 : 10.0.0.1 . 80 }");
  expect(world.firewall.hasElements(getElement(nets, first), getElement(nets, last))).toBe(true);

  world.apply(...deleteElements(nets, [first]), flushSet(pairs));
  expect(world.list()).toContain("elements = { 255.0.0.0/8 }");
  expect(world.list()).not.toContain("8080");
  expect(world.firewall.hasElements(getElement(nets, last), getElement(nets, first))).toBe(false);
});

test("a batch takes thousands of elements", () => {
  const ports = { table, name: "ports" };
  const keys = Array.from({ length: 20_000 }, (_, number) => ({ key: portBytes(number) }));
  using world = makeFirewall(newSet({ ...ports, key: "port" }), ...newElements(ports, keys));

  expect(
    world.nft("-j", "list", "set", "ip", "ours", "ports").match(/\d+/g)?.length,
  ).toBeGreaterThan(20_000);
});
