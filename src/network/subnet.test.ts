import { expect, test } from "bun:test";
import {
  formatSubnet,
  hasOverlap,
  isInSubnet,
  lastOf,
  parseCidr,
  toNumber,
  toText,
} from "./subnet.ts";

const subnet = (text: string) => parseCidr(text).subnet;

test.each([
  ["172.31.0.1/16", "172.31.0.0/16", "172.31.255.255"],
  ["10.1.2.3/8", "10.0.0.0/8", "10.255.255.255"],
  ["192.168.17.9/20", "192.168.16.0/20", "192.168.31.255"],
  ["255.255.255.255/32", "255.255.255.255/32", "255.255.255.255"],
  ["1.2.3.4/0", "0.0.0.0/0", "255.255.255.255"],
  ["fd00:1::5/64", "fd00:1::/64", "fd00:1::ffff:ffff:ffff:ffff"],
  ["::1/128", "::1/128", "::1"],
  ["fe80::1/10", "fe80::/10", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
] as const)("%p lies in %p, which ends at %p", (text, shown, last) => {
  expect(formatSubnet(subnet(text))).toBe(shown);
  expect(toText(lastOf(subnet(text)), subnet(text).family)).toBe(last);
});

test.each([
  "",
  "1.2.3.4",
  "1.2.3.4/",
  "1.2.3.4/33",
  "1.2.3/8",
  "1.2.3.4/-1",
  "::1/129",
  "1.2.3.4/8/9",
])("%j is refused as Docker refuses it", (text) => {
  expect(() => parseCidr(text)).toThrow(`invalid CIDR address: ${text}`);
});

test.each([
  ["10.0.0.0/8", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.0.0.0/8", true],
  ["10.1.0.0/16", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.2.0.0/16", false],
  ["172.16.0.0/12", "172.31.255.255/32", true],
  ["172.16.0.0/12", "172.32.0.0/16", false],
  ["fd00::/48", "fd00:0:0:7::/64", true],
  ["fd00::/64", "fd00:0:0:7::/64", false],
  ["0.0.0.0/0", "::/0", false],
])("%p and %p overlap: %p", (one, other, expected) => {
  expect(hasOverlap(subnet(one), subnet(other))).toBe(expected);
});

test("an address is in a subnet from the first to the last", () => {
  const addresses = ["10.0.255.255", "10.1.0.0", "10.1.255.255", "10.2.0.0"];

  expect(addresses.map((address) => isInSubnet(address, subnet("10.1.0.0/16")))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test("numbers and texts of addresses go both ways over the whole range", () => {
  for (let number = 0n; number < 2n ** 32n; number += 1_000_003n) {
    expect(toNumber(toText(number, 4))).toBe(number);
  }
  for (let number = 1n; number < 2n ** 128n; number *= 7n) {
    expect(toNumber(toText(number, 6))).toBe(number);
  }
  expect(() => toNumber("1.2.3")).toThrow('Invalid IP address "1.2.3"');
});
