import { expect, test } from "bun:test";
import {
  formatSubnet,
  hasOverlap,
  isInSubnet,
  lastOf,
  maskOf,
  parseIpv4Cidr,
  toNumber,
  toText,
} from "./ipv4-subnet.ts";

const subnet = (text: string) => parseIpv4Cidr(text).subnet;

test.each([
  ["172.31.0.1/16", "172.31.0.0/16", "172.31.255.255", [255, 255, 0, 0]],
  ["10.1.2.3/8", "10.0.0.0/8", "10.255.255.255", [255, 0, 0, 0]],
  ["192.168.17.9/20", "192.168.16.0/20", "192.168.31.255", [255, 255, 240, 0]],
  ["255.255.255.255/32", "255.255.255.255/32", "255.255.255.255", [255, 255, 255, 255]],
  ["1.2.3.4/0", "0.0.0.0/0", "255.255.255.255", [0, 0, 0, 0]],
] as const)("%p lies in %p, which ends at %p", (text, ...[shown, last, mask]) => {
  expect(formatSubnet(subnet(text))).toBe(shown);
  expect(toText(lastOf(subnet(text)))).toBe(last);
  expect([...maskOf(subnet(text))]).toEqual([...mask]);
});

test.each([
  "",
  "1.2.3.4",
  "1.2.3.4/",
  "1.2.3.4/33",
  "1.2.3/8",
  "1.2.3.4/-1",
  "::1/64",
  "1.2.3.4/8/9",
])("%j is refused as Docker refuses it", (text) => {
  expect(() => parseIpv4Cidr(text)).toThrow(`invalid CIDR address: ${text}`);
});

test.each([
  ["10.0.0.0/8", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.0.0.0/8", true],
  ["10.1.0.0/16", "10.1.0.0/16", true],
  ["10.1.0.0/16", "10.2.0.0/16", false],
  ["172.16.0.0/12", "172.31.255.255/32", true],
  ["172.16.0.0/12", "172.32.0.0/16", false],
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
  for (let number = 0; number < 2 ** 32; number += 1_000_003) {
    expect(toNumber(toText(number))).toBe(number);
  }
  expect(() => toNumber("::1")).toThrow('Invalid IPv4 address "::1"');
});
