import { expect, test } from "bun:test";
import { EngineError } from "../base/errors.ts";
import { type PoolInputs, type PoolRequest, planPools } from "./ipam.ts";
import { formatSubnet, type IpFamily, parseCidr } from "./subnet.ts";
import { IPV4_POOLS, uniqueLocalPool } from "./subnet-pools.ts";

const subnetOf = (text: string) => parseCidr(text).subnet;
const asking = (changes: Partial<PoolRequest>): PoolRequest => ({
  subnet: "10.0.0.0/24",
  range: "",
  gateway: "",
  auxiliary: {},
  ...changes,
});

function plan(asked: readonly Partial<PoolRequest>[], changes: Partial<PoolInputs> = {}) {
  return planPools({
    asked: asked.map(asking),
    families: [4],
    pools: [...IPV4_POOLS, uniqueLocalPool("here")],
    others: [],
    occupied: [],
    ...changes,
  });
}

test.each<[asked: Partial<PoolRequest>, gateway: string]>([
  [{}, "10.0.0.1"],
  [{ gateway: "10.0.0.254" }, "10.0.0.254"],
  [{ range: "10.0.0.128/25" }, "10.0.0.128"],
  [{ range: "10.0.0.0/25" }, "10.0.0.1"],
  [{ range: "10.0.0.128/25", gateway: "10.0.0.1" }, "10.0.0.1"],
  [{ subnet: "10.0.0.0/30" }, "10.0.0.1"],
])("planPools() makes of %j the gateway %p", (asked, gateway) => {
  expect(plan([asked])).toEqual([{ ...asking(asked), gateway, isStatic: true }]);
});

test("planPools() makes an IPv6 gateway the first address but one", () => {
  const [pool] = plan([{ subnet: "fd00:1::/64" }], { families: [6] });
  expect(pool).toMatchObject({ gateway: "fd00:1::1", isStatic: true });
});

test("planPools() chooses a subnet for each family that has none, IPv4 first", () => {
  const pools = plan([{ subnet: "fd00:1::/64" }], { families: [4, 6] });
  expect(pools.map(({ subnet, isStatic }) => [subnet, isStatic])).toEqual([
    ["172.17.0.0/16", false],
    ["fd00:1::/64", true],
  ]);
  const [, six] = plan([], { families: [4, 6] });
  expect(six?.subnet).toMatch(/^fd[0-9a-f:]+::\/64$/);
});

test("planPools() chooses around other networks and what the host uses", () => {
  const others = [subnetOf("172.17.0.0/24"), subnetOf("172.19.0.0/16")];
  const occupied = [{ subnet: subnetOf("172.18.5.0/30"), what: "an address" }];
  expect(plan([], { others, occupied })[0]?.subnet).toBe("172.20.0.0/16");
});

test("planPools() finds no subnet where all are taken", () => {
  const others = IPV4_POOLS.map(({ base }) => base);
  expect(() => plan([], { others })).toThrow(
    new EngineError("conflict", "all predefined address pools have been fully subnetted"),
  );
});

test.each(["10.0.0.0/24", "10.0.0.128/25", "10.0.0.0/8"])(
  "planPools() refuses %p, which another network has a part of",
  (subnet) => {
    const others = [subnetOf("10.0.0.192/26"), subnetOf("fd00::/64")];
    expect(() => plan([{ subnet }], { others })).toThrow(
      new EngineError(
        "forbidden",
        "invalid pool request: Pool overlaps with other one on this address space",
      ),
    );
  },
);

test.each<[asked: Partial<PoolRequest>, fault: string]>([
  [{ subnet: "" }, "invalid subnet : invalid CIDR block notation"],
  [{ subnet: "10.0.0.0" }, "invalid subnet 10.0.0.0: invalid CIDR block notation"],
  [{ subnet: "10.0.0.0/33" }, "invalid subnet 10.0.0.0/33: invalid CIDR block notation"],
  [{ subnet: "10.0.0.9/24" }, "invalid subnet 10.0.0.9/24: it should be 10.0.0.0/24"],
  [{ subnet: "fd00::/64" }, "invalid subnet fd00::/64: the network has no IPv6"],
  [{ subnet: "10.0.0.0/31" }, "invalid subnet 10.0.0.0/31: it has no room"],
  [{ subnet: "10.0.0.0/32" }, "invalid subnet 10.0.0.0/32: it has no room"],
  [{ subnet: "127.0.0.0/8" }, "invalid subnet 127.0.0.0/8: it has addresses that are no host's"],
  [{ subnet: "0.0.0.0/0" }, "invalid subnet 0.0.0.0/0: it has addresses that are no host's"],
  [{ subnet: "239.0.0.0/16" }, "invalid subnet 239.0.0.0/16: it has addresses that are no host's"],
  [{ range: "10.0.1.0/24" }, "invalid ip-range 10.0.1.0/24: parent subnet 10.0.0.0/24 doesn't"],
  [{ range: "10.0.0.0/23" }, "invalid ip-range 10.0.0.0/23: CIDR block is bigger than its parent"],
  [{ range: "10.0.0.9/30" }, "invalid ip-range 10.0.0.9/30: it should be 10.0.0.8/30"],
  [{ range: "fd00::/64" }, "invalid ip-range fd00::/64: parent subnet is an IPv4 block"],
  [{ range: "x" }, "invalid ip-range x: invalid CIDR block notation"],
  [{ gateway: "10.0.1.1" }, "invalid gateway 10.0.1.1: parent subnet 10.0.0.0/24 doesn't contain"],
  [{ gateway: "x" }, "invalid gateway x: invalid address"],
  [{ gateway: "fd00::1" }, "invalid gateway fd00::1: parent subnet is an IPv4 block"],
  [{ auxiliary: { r: "10.9.9.9" } }, "invalid auxiliary address r: parent subnet 10.0.0.0/24"],
  [{ auxiliary: { r: "10.0.0.1" } }, "invalid auxiliary address r: 10.0.0.1 is the gateway's"],
])("planPools() refuses %j: %s", (asked, fault) => {
  expect(() => plan([asked])).toThrow(`invalid network config:\n* ${fault}`);
});

test("planPools() tells all that is wrong at once", () => {
  expect(() => plan([{ gateway: "x", range: "y" }, { subnet: "z" }])).toThrow(
    [
      "invalid network config:",
      "* invalid ip-range y: invalid CIDR block notation",
      "* invalid gateway x: invalid address",
      "* invalid subnet z: invalid CIDR block notation",
    ].join("\n"),
  );
});

test("planPools() refuses subnets of one network that overlap, and takes those that do not", () => {
  expect(() => plan([{}, { subnet: "10.0.0.128/25" }])).toThrow("its subnets overlap one another");
  expect(plan([{}, { subnet: "10.0.1.0/24" }])).toHaveLength(2);
});

test("what planPools() chooses never overlaps what it had chosen before", () => {
  const families: readonly IpFamily[] = [4, 6];
  const others = [...plan([], { families })].map(({ subnet }) => subnetOf(subnet));
  for (let count = 0; count < 29; count += 1) {
    const more = plan([], { families, others }).map(({ subnet }) => subnetOf(subnet));
    others.push(...more);
  }
  expect(new Set(others.map(formatSubnet)).size).toBe(60);
  expect(formatSubnet(others.at(-2) ?? subnetOf("::/0"))).toBe("192.168.224.0/20");
});
