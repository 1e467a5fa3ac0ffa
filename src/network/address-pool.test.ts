import { expect, test } from "bun:test";
import { AddressPool, macAddressOf } from "./address-pool.ts";
import { parseCidr } from "./subnet.ts";

const poolOf = (text: string) => {
  const { address: gateway, subnet } = parseCidr(text);
  return new AddressPool({ subnet, reserved: [gateway], network: "bridge (0123abcd)" });
};

test("a pool begins after the network's own address and leaves the gateway out", () => {
  const pool = poolOf("10.1.0.2/24");

  expect([pool.allocate(), pool.allocate(), pool.allocate()]).toEqual([
    "10.1.0.1",
    "10.1.0.3",
    "10.1.0.4",
  ]);
});

test("an address that was just released is not the next one given", () => {
  const pool = poolOf("10.1.0.1/24");
  const first = pool.allocate();
  pool.release(first);

  expect(pool.allocate()).not.toBe(first);
});

test("a pool gives every address but the gateway and the edges, then says that it has none", () => {
  const pool = poolOf("10.1.0.1/29");
  const given = Array.from({ length: 5 }, () => pool.allocate());

  expect(given).toEqual(["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5", "10.1.0.6"]);
  expect(() => pool.allocate()).toThrow(
    "no available IPv4 addresses on this network's address pools: bridge (0123abcd)",
  );

  pool.release("10.1.0.4");
  expect(pool.allocate()).toBe("10.1.0.4");
});

test("a reserved address is not given again, and reserving it twice is a conflict", () => {
  const pool = poolOf("10.1.0.1/30");
  pool.reserve("10.1.0.2");

  expect(() => pool.allocate()).toThrow("no available IPv4 addresses");
  expect(() => pool.reserve("10.1.0.2")).toThrow("Address already in use");
});

test("the gateway is in use, for whoever asks for it", () => {
  expect(() => poolOf("10.1.0.1/24").reserve("10.1.0.1")).toThrow("Address already in use");
});

test.each(["10.1.0.0", "10.1.0.255", "10.1.1.2", "0.0.0.0", "fd00::1"])(
  "%p of 10.1.0.1/24 is no container's address",
  (address) => {
    expect(() => poolOf("10.1.0.1/24").reserve(address)).toThrow(
      `invalid address ${address}: It does not belong to any of this network's subnets`,
    );
  },
);

test("releasing a free address is no error", () => {
  poolOf("10.1.0.1/24").release("10.1.0.9");
});

test("a range is where addresses come from, and all of the subnet where they may be asked for", () => {
  const { subnet } = parseCidr("10.1.0.0/24");
  const range = parseCidr("10.1.0.128/30").subnet;
  const reserved = ["10.1.0.1", "10.1.0.129"];
  const pool = new AddressPool({ subnet, range, reserved, network: "n" });

  expect([pool.allocate(), pool.allocate(), pool.allocate()]).toEqual([
    "10.1.0.128",
    "10.1.0.130",
    "10.1.0.131",
  ]);
  expect(() => pool.allocate()).toThrow("no available IPv4 addresses");
  expect(() => pool.reserve("10.1.0.7")).not.toThrow();
});

test("an IPv6 pool has no broadcast address, and its first is every router's", () => {
  const small = poolOf("fd00::1/126");
  expect([small.allocate(), small.allocate()]).toEqual(["fd00::2", "fd00::3"]);
  expect(() => small.allocate()).toThrow("no available IPv6 addresses");

  const large = poolOf("fd00::1/64");
  large.reserve("fd00::2");
  expect(large.allocate()).toBe("fd00::3");
  large.reserve("fd00::ffff:0:0:1");
});

test("a /16 is given to its last address without a gap", () => {
  const pool = poolOf("172.17.0.1/16");
  const given = new Set(Array.from({ length: 65_533 }, () => pool.allocate()));

  expect(given.size).toBe(65_533);
  expect(() => pool.allocate()).toThrow("no available");
});

test.each([
  ["172.17.0.2", "02:42:ac:11:00:02"],
  ["255.255.255.255", "02:42:ff:ff:ff:ff"],
])("the MAC address of %p is Docker's, %p", (address, expected) => {
  expect(macAddressOf(address)).toBe(expected);
});
