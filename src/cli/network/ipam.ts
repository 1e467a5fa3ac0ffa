import type { IpamConfigJson } from "../../api/wire/network-json.ts";
import { holds, parseSubnet } from "./subnet.ts";

/** What the options of `network create` say of addresses. */
export interface IpamOptions {
  readonly subnets: readonly string[];
  readonly ranges: readonly string[];
  readonly gateways: readonly string[];
  readonly auxiliary: Readonly<Record<string, string>>;
}

type Pools = readonly IpamConfigJson[];

/** Puts ranges, gateways and other addresses with the subnets that hold them. */
export function planIpam({ subnets, ranges, gateways, auxiliary }: IpamOptions): Pools {
  if (subnets.length < Math.max(ranges.length, gateways.length)) {
    throw new Error("every ip-range or gateway must have a corresponding subnet");
  }
  checkOverlaps(subnets);
  const bare: Pools = subnets.map((Subnet) => ({ Subnet }));
  const withRanges = ranges.reduce(addRange, bare);
  const withGateways = gateways.reduce(addGateway, withRanges);
  return Object.entries(auxiliary).reduce(addAuxiliary, withGateways);
}

function checkOverlaps(subnets: readonly string[]): void {
  for (const [index, subnet] of subnets.entries()) {
    const before = subnets.slice(0, index);
    if (before.some((other) => holds(subnet, other) || holds(other, subnet))) {
      throw new Error("multiple overlapping subnet configuration is not supported");
    }
  }
}

function addRange(pools: Pools, range: string): Pools {
  parseSubnet(range);
  return place(pools, { what: "range", address: range }, (pool) => {
    if (pool.IPRange === undefined) return { ...pool, IPRange: range };
    const both = `${range}, ${pool.IPRange}`;
    throw new Error(
      `cannot configure multiple ranges (${both}) on the same subnet (${pool.Subnet})`,
    );
  });
}

function addGateway(pools: Pools, gateway: string): Pools {
  return place(pools, { what: "gateway", address: gateway }, (pool) => {
    if (pool.Gateway === undefined) return { ...pool, Gateway: gateway };
    const both = `${gateway}, ${pool.Gateway}`;
    throw new Error(
      `cannot configure multiple gateways (${both}) for the same subnet (${pool.Subnet})`,
    );
  });
}

function addAuxiliary(pools: Pools, [name, address]: readonly [string, string]): Pools {
  return place(pools, { what: "aux-address", address }, (pool) => ({
    ...pool,
    AuxiliaryAddresses: { ...pool.AuxiliaryAddresses, [name]: address },
  }));
}

function place(
  pools: Pools,
  { what, address }: { readonly what: string; readonly address: string },
  add: (pool: IpamConfigJson) => IpamConfigJson,
): Pools {
  const placed = pools.map((pool) => (holds(pool.Subnet ?? "", address) ? add(pool) : pool));
  if (placed.some((pool, index) => pool !== pools[index])) return placed;
  throw new Error(`no matching subnet for ${what} ${address}`);
}
