import { expect, test } from "bun:test";
import type { Occupied } from "./occupied.ts";
import { formatSubnet, parseCidr } from "./subnet.ts";
import { chooseSubnet, IPV4_POOLS, parseSubnetPool, uniqueLocalPool } from "./subnet-pools.ts";

const occupied = (...texts: readonly string[]): readonly Occupied[] =>
  texts.map((text) => ({ subnet: parseCidr(text).subnet, what: `the route ${text}` }));

test.each([
  ["nothing", [], "172.17.0.0/16"],
  ["the first pool", ["172.17.0.0/16"], "172.18.0.0/16"],
  ["an address in the first pool", ["172.17.5.1/32"], "172.18.0.0/16"],
  ["a route over all the large pools", ["172.16.0.0/12"], "192.168.0.0/20"],
  ["a home network, too", ["172.16.0.0/12", "192.168.1.0/24"], "192.168.16.0/20"],
  ["the default route", ["0.0.0.0/0"], "172.17.0.0/16"],
  ["the halves of it that a VPN makes", ["0.0.0.0/1", "128.0.0.0/1"], "172.17.0.0/16"],
])("with %s in use the first subnet that is free is taken", (_, taken, expected) => {
  const subnet = chooseSubnet(IPV4_POOLS, { family: 4, occupied: occupied(...taken) });
  expect(formatSubnet(subnet)).toBe(expected);
});

test("with all pools taken the error is Docker's", () => {
  const taken = occupied("172.16.0.0/12", "192.168.0.0/16");
  expect(() => chooseSubnet(IPV4_POOLS, { family: 4, occupied: taken })).toThrow(
    "all predefined address pools have been fully subnetted",
  );
});

test("an installation has an IPv6 pool of its own, always the same", () => {
  const pool = uniqueLocalPool("abc");
  const subnet = chooseSubnet([pool], { family: 6, occupied: [] });

  expect(formatSubnet(subnet)).toMatch(/^fd[0-9a-f]{2}:[0-9a-f:]+::\/64$/);
  expect(uniqueLocalPool("abc")).toEqual(pool);
  expect(uniqueLocalPool("abd")).not.toEqual(pool);
});

test("a pool of a user's is cut into networks of its size", () => {
  const pool = parseSubnetPool("base=10.10.0.0/16,size=24");
  const next = chooseSubnet([pool], { family: 4, occupied: occupied("10.10.0.0/24") });
  expect(formatSubnet(next)).toBe("10.10.1.0/24");
});

test.each([
  "",
  "10.0.0.0/8",
  "base=10.0.0.0/8",
  "base=10.0.0.0/8,size=7",
  "base=10.0.0.0/8,size=31",
  "base=x/8,size=9",
])("%p is no pool", (text) => expect(() => parseSubnetPool(text)).toThrow());
