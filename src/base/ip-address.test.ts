import { expect, test } from "bun:test";
import { findIpAddress, formatIpAddress, parseIpAddress } from "./ip-address.ts";

test.each([
  ["0.0.0.0", "0.0.0.0"],
  ["172.17.0.2", "172.17.0.2"],
  ["255.255.255.255", "255.255.255.255"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["FD00::A", "fd00::a"],
  ["fd00:0:0:1::2", "fd00:0:0:1::2"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:0:2:3:0:0:4", "1::2:3:0:0:4"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
  ["10:0:0:100:0:0:0:0", "10:0:0:100::"],
  ["0:0:0:0:0:0:0:10", "::10"],
  ["::ffff:1.2.3.4", "::ffff:102:304"],
])("%p is an address, written %p", (text, canonical) => {
  expect(formatIpAddress(parseIpAddress(text))).toBe(canonical);
});

test.each([
  ...["", " ", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1.2.3.-4", "1.2.3.4/24"],
  ...[":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::12345", "g::", ":1", "1:"],
  ...["1:2:3:4:5:6:7::8", "fe80::1%eth0", "::1.2.3", "1.2.3.4::", "[::1]", "localhost"],
])("%j is no address", (text) => {
  expect(findIpAddress(text)).toBeUndefined();
  expect(() => parseIpAddress(text)).toThrow(`Invalid IP address "${text}"`);
});
