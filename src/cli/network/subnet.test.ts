import { expect, test } from "bun:test";
import { holds } from "./subnet.ts";

test.each<[string, string, boolean]>([
  ["10.0.0.0/8", "10.255.255.255", true],
  ["10.0.0.0/8", "11.0.0.0", false],
  ["10.0.0.0/12", "10.15.0.1", true],
  ["10.0.0.0/12", "10.16.0.1", false],
  ["10.0.0.5/31", "10.0.0.4", true],
  ["10.0.0.5/32", "10.0.0.4", false],
  ["0.0.0.0/0", "1.2.3.4/32", true],
  ["0.0.0.0/0", "::1", false],
  ["fd00::/65", "fd00::7fff:0:0:1", true],
  ["fd00::/65", "fd00::8000:0:0:1", false],
  ["10.0.0.0/8", "no address", false],
])("holds(%p, %p) is %p", (subnet, address, held) => {
  expect(holds(subnet, address)).toBe(held);
});
