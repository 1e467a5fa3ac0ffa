import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { testAsRoot } from "../../test/support/test-if.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { findOverlap, listOccupied } from "./occupied.ts";
import { parseCidr } from "./subnet.ts";

const of = (cidr: string) => ({ subnet: parseCidr(cidr).subnet, what: cidr });

test.each<[subnet: string, occupied: readonly string[], found: string | undefined]>([
  ["10.0.0.0/16", [], undefined],
  ["10.0.0.0/16", ["10.1.0.0/16", "10.0.9.0/24"], "10.0.9.0/24"],
  ["10.0.0.0/16", ["10.0.0.0/8"], "10.0.0.0/8"],
  // A VPN's halves of the default route.
  ["10.0.0.0/16", ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"], undefined],
  ["fd00::/64", ["fd00::1/128"], "fd00::1/128"],
  ["fd00::/64", ["::/0", "8000::/1", "10.0.0.0/8"], undefined],
])("findOverlap() of %p in %j is %p", (subnet, occupied, found) => {
  expect(findOverlap(parseCidr(subnet).subnet, occupied.map(of))?.what).toBe(found);
});

testAsRoot("listOccupied() knows the host's addresses and routes of both families", () => {
  using host = new NetworkNamespace();
  host.exec("ip", "link", "set", "lo", "up");
  host.exec("ip", "address", "add", "10.7.0.9/24", "dev", "lo");
  host.exec("ip", "address", "add", "fd07::9/64", "dev", "lo");
  host.exec("ip", "route", "add", "10.8.0.0/16", "dev", "lo");
  using routes = host.run(() => new RouteSocket());
  const found = listOccupied(routes).map(({ what }) => what);
  expect(found).toContain("the address 10.7.0.9/24");
  expect(found).toContain("the address fd07::9/64");
  expect(found).toContain("the route 10.8.0.0/16");
});
