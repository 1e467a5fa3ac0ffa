import { expect, test } from "bun:test";
import { NetworkNamespace } from "../../test/support/network-namespace.ts";
import { RouteSocket } from "../linux/rtnetlink.ts";
import { checkAddress, chooseDefaultAddress, type DefaultBridgeOptions } from "./default-bridge.ts";
import { parseCidr } from "./subnet.ts";
import { IPV4_POOLS } from "./subnet-pools.ts";

const OPTIONS: DefaultBridgeOptions = { bridge: "sampan0", pools: IPV4_POOLS, others: [] };

function choose(setUp: readonly string[], options: Partial<DefaultBridgeOptions> = {}): string {
  using host = new NetworkNamespace();
  host.exec("ip", "link", "set", "lo", "up");
  for (const line of setUp) host.exec("ip", ...line.split(" "));
  using routes = host.run(() => new RouteSocket());
  return chooseDefaultAddress(routes, { ...OPTIONS, ...options });
}

test("the first pool that is free on the host is taken", () => {
  expect(choose([])).toBe("172.17.0.1/16");
  expect(choose(["route add blackhole 172.17.3.0/24"])).toBe("172.18.0.1/16");
});

test("networks that are not on the host yet are left room for", () => {
  expect(choose([], { others: [parseCidr("172.17.0.0/24").subnet] })).toBe("172.18.0.1/16");
});

test("a bridge that is there keeps its address", () => {
  const present = ["link add sampan0 type bridge", "address add 10.9.0.1/24 dev sampan0"];
  expect(choose(present)).toBe("10.9.0.1/24");
});

test("an address that a user fixed is not moved, but refused with what is in its way", () => {
  expect(choose(["route add blackhole 10.2.0.0/16"], { address: "10.1.0.1/16" })).toBe(
    "10.1.0.1/16",
  );
  expect(() => choose(["route add blackhole 10.0.0.0/8"], { address: "10.1.0.1/16" })).toThrow(
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
  ["fd00::1/64", "it is no IPv4 address"],
  ["10.1.0.1", "invalid CIDR address: 10.1.0.1"],
])("checkAddress() refuses %p", (text, message) => {
  expect(() => checkAddress(text)).toThrow(message);
});
