import { describe, expect, test } from "bun:test";
import { type IpamOptions, planIpam } from "./ipam.ts";

const NONE: IpamOptions = { subnets: [], ranges: [], gateways: [], auxiliary: {} };

test("planIpam() puts each address with the subnet that holds it", () => {
  const options = {
    subnets: ["10.1.0.0/16", "fd00::/64"],
    ranges: ["10.1.2.0/24", "fd00::/70"],
    gateways: ["fd00::1", "10.1.0.1/16"],
    auxiliary: { a: "10.1.0.5", b: "fd00::7", c: "10.1.0.6" },
  };
  expect(planIpam(options)).toEqual([
    {
      Subnet: "10.1.0.0/16",
      IPRange: "10.1.2.0/24",
      Gateway: "10.1.0.1/16",
      AuxiliaryAddresses: { a: "10.1.0.5", c: "10.1.0.6" },
    },
    {
      Subnet: "fd00::/64",
      IPRange: "fd00::/70",
      Gateway: "fd00::1",
      AuxiliaryAddresses: { b: "fd00::7" },
    },
  ]);
});

test("planIpam() leaves a lone subnet for the daemon to check", () => {
  expect(planIpam({ ...NONE, subnets: ["zz"] })).toEqual([{ Subnet: "zz" }]);
});

// As Docker's CLI 28.2.2 says them.
describe("planIpam() refuses", () => {
  const A = "10.1.0.0/16";
  const B = "10.2.0.0/16";
  test.each<[Partial<IpamOptions>, string]>([
    [{ gateways: ["10.1.0.1"] }, "every ip-range or gateway must have a corresponding subnet"],
    [
      { subnets: [A], ranges: ["10.1.1.0/24", "10.1.2.0/24"] },
      "every ip-range or gateway must have a corresponding subnet",
    ],
    [{ subnets: ["10.1.2.0/24", A] }, "multiple overlapping subnet configuration is not supported"],
    [{ subnets: [A, A] }, "multiple overlapping subnet configuration is not supported"],
    [{ subnets: [A, "yy"] }, "invalid subnet: invalid CIDR address: yy"],
    [{ subnets: ["zz"], gateways: ["10.0.0.1"] }, "invalid subnet: invalid CIDR address: zz"],
    [
      { subnets: ["10.0.0.0/33"], gateways: ["10.0.0.1"] },
      "invalid subnet: invalid CIDR address: 10.0.0.0/33",
    ],
    [{ subnets: [A], ranges: ["10.1.2.0"] }, "invalid CIDR address: 10.1.2.0"],
    [{ subnets: [A], ranges: ["10.2.0.0/24"] }, "no matching subnet for range 10.2.0.0/24"],
    [{ subnets: [A], ranges: ["fd00::/64"] }, "no matching subnet for range fd00::/64"],
    [{ subnets: [A], gateways: ["10.2.0.1"] }, "no matching subnet for gateway 10.2.0.1"],
    [{ subnets: [A], gateways: ["zz"] }, "no matching subnet for gateway zz"],
    [{ subnets: [A], gateways: ["10.1.0.1/77"] }, "invalid CIDR address: 10.1.0.1/77"],
    [{ subnets: [A], auxiliary: { a: "" } }, "no matching subnet for aux-address "],
    [{ auxiliary: { a: "10.2.0.1" } }, "no matching subnet for aux-address 10.2.0.1"],
    [
      { subnets: [A, B], ranges: ["10.1.1.0/24", "10.1.2.0/24"] },
      "cannot configure multiple ranges (10.1.2.0/24, 10.1.1.0/24) on the same subnet (10.1.0.0/16)",
    ],
    [
      { subnets: [A, B], gateways: ["10.1.0.1", "10.1.0.2"] },
      "cannot configure multiple gateways (10.1.0.2, 10.1.0.1) for the same subnet (10.1.0.0/16)",
    ],
  ])("%p", (options, message) => {
    expect(() => planIpam({ ...NONE, ...options })).toThrow(new Error(message));
  });
});
