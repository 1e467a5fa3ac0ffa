import { expect, test } from "bun:test";
import {
  checkBridgeAddress,
  chooseBridgeAddress,
  type Occupied,
  parseBridgeAddress,
} from "./bridge-subnet.ts";
import { formatSubnet, parseIpv4Cidr } from "./ipv4-subnet.ts";

const occupied = (...texts: readonly string[]): readonly Occupied[] =>
  texts.map((text) => ({ subnet: parseIpv4Cidr(text).subnet, what: `the route ${text}` }));

test.each([
  ["nothing", [], "172.17.0.0/16"],
  ["the first pool", ["172.17.0.0/16"], "172.18.0.0/16"],
  ["an address in the first pool", ["172.17.5.1/32"], "172.18.0.0/16"],
  ["a route over all the large pools", ["172.16.0.0/12"], "192.168.0.0/20"],
  ["a home network, too", ["172.16.0.0/12", "192.168.1.0/24"], "192.168.16.0/20"],
  ["the default route", ["0.0.0.0/0"], "172.17.0.0/16"],
  ["the halves of it that a VPN makes", ["0.0.0.0/1", "128.0.0.0/1"], "172.17.0.0/16"],
])("with %s on the host the bridge takes the first pool that is free", (_, taken, expected) => {
  const { gateway, subnet } = chooseBridgeAddress(occupied(...taken));

  expect(formatSubnet(subnet)).toBe(expected);
  expect(gateway).toBe(expected.replace(/\.0\/\d+$/, ".1"));
});

test("with all pools taken the error is Docker's", () => {
  expect(() => chooseBridgeAddress(occupied("172.16.0.0/12", "192.168.0.0/16"))).toThrow(
    "all predefined address pools have been fully subnetted",
  );
});

test("an address that a user fixed is not moved, but refused with what is in its way", () => {
  const wanted = parseBridgeAddress("10.1.0.1/16");

  checkBridgeAddress(wanted, occupied("10.2.0.0/16", "0.0.0.0/0"));
  expect(() => checkBridgeAddress(wanted, occupied("10.0.0.0/8"))).toThrow(
    "Cannot use 10.1.0.0/16 for the bridge: it overlaps the route 10.0.0.0/8 of this host; " +
      "give another one with --bip",
  );
});

test.each([
  ["10.1.0.0/16", "is the network's own or its broadcast address"],
  ["10.1.255.255/16", "is the network's own or its broadcast address"],
  ["10.1.0.1/31", "can be from /8 to /30"],
  ["10.1.0.1/32", "can be from /8 to /30"],
  ["10.1.0.1/7", "can be from /8 to /30"],
  ["10.1.0.1", "invalid CIDR address: 10.1.0.1"],
])("parseBridgeAddress() refuses %p", (text, message) => {
  expect(() => parseBridgeAddress(text)).toThrow(message);
});
