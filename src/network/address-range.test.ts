import { expect, test } from "bun:test";
import { formatIpAddress } from "../base/ip-address.ts";
import { parseRange } from "./address-range.ts";

test.each([
  ["10.1.0.0/16", "ipv4", "10.1.0.0", "10.2.0.0"],
  ["10.1.2.3/16", "ipv4", "10.1.0.0", "10.2.0.0"],
  ["192.0.2.7/32", "ipv4", "192.0.2.7", "192.0.2.8"],
  ["255.255.255.0/24", "ipv4", "255.255.255.0", undefined],
  ["0.0.0.0/0", "ipv4", "0.0.0.0", undefined],
  ["fd00:1::5/64", "ipv6", "fd00:1::", "fd00:1:0:1::"],
  ["fd00::/8", "ipv6", "fd00::", "fe00::"],
  ["::/0", "ipv6", "::", undefined],
])("parseRange() reads %s", (text, ...expected) => {
  const [family, first, end] = expected;
  const range = parseRange(text);

  expect<string>(range.family).toBe(family);
  expect(formatIpAddress(range.first)).toBe(first);
  expect(range.end && formatIpAddress(range.end)).toBe(end);
});

test.each([
  "",
  "10.1.0.0",
  "10.1.0.0/",
  "10.1.0.0/33",
  "fd00::/129",
  "10.1.0.0/16/2",
  "x/8",
  "1.2.3.4/-1",
])("parseRange() refuses %p", (text) => {
  expect(() => parseRange(text)).toThrow(`invalid CIDR address: ${text}`);
});
