import { EngineError } from "../base/errors.ts";
import { findOverlap, type Occupied } from "./occupied.ts";
import { type IpFamily, parseCidr, type Subnet, sizeOf, toNumber, toText } from "./subnet.ts";

/** A large subnet that networks get parts of, of this prefix length. */
export interface SubnetPool {
  readonly base: Subnet;
  readonly prefixLength: number;
}

/** 172.17.0.0/16 to 172.31.0.0/16, then 192.168.0.0/20 to 192.168.240.0/20, as Docker has it. */
export const IPV4_POOLS: readonly SubnetPool[] = [
  ...Array.from({ length: 15 }, (_, index) => pool(`172.${17 + index}.0.0/16`, 16)),
  pool("192.168.0.0/16", 20),
];

/**
 * The pool of IPv6 subnets of a host that was given none: 65,536 of them, in a prefix of its own that is
 * made from an id of this installation. RFC 4193, 3.2.
 */
export function uniqueLocalPool(installationId: string): SubnetPool {
  const hash = new Bun.CryptoHasher("sha256").update(installationId).digest("hex");
  const groups = [`fd${hash.slice(0, 2)}`, hash.slice(2, 6), hash.slice(6, 10)];
  return pool(`${groups.join(":")}::/48`, 64);
}

/** Reads a pool as `--default-address-pool` has it: `base=10.0.0.0/8,size=24`. */
export function parseSubnetPool(text: string): SubnetPool {
  const [, base, size] = /^base=([^,]+),size=(\d{1,3})$/.exec(text) ?? [];
  if (base === undefined) {
    throw new EngineError(
      "invalid",
      `Cannot use the address pool "${text}": want base=SUBNET,size=PREFIX, such as base=10.0.0.0/8,size=24`,
    );
  }
  const parsed = pool(base, Number(size));
  const shortest = parsed.base.prefixLength;
  const longest = parsed.base.family === 4 ? 30 : 126;
  if (parsed.prefixLength >= shortest && parsed.prefixLength <= longest) return parsed;
  throw new EngineError(
    "invalid",
    `Cannot use the address pool "${text}": its networks can be of size ${shortest} to ${longest}`,
  );
}

/** The first subnet of the pools that is free, as Docker picks it. */
export function chooseSubnet(
  pools: readonly SubnetPool[],
  { family, occupied }: { readonly family: IpFamily; readonly occupied: readonly Occupied[] },
): Subnet {
  for (const { base, prefixLength } of pools.filter(
    (candidate) => candidate.base.family === family,
  )) {
    const size = sizeOf({ ...base, prefixLength });
    const end = base.first + sizeOf(base);
    for (let first = base.first; first < end; first += size) {
      const subnet = { family, first, prefixLength };
      if (findOverlap(subnet, occupied) === undefined) return subnet;
    }
  }
  throw new EngineError("conflict", "all predefined address pools have been fully subnetted");
}

/** The address that a subnet's gateway has unless another one is asked for. */
export function defaultGateway({ family, first }: Subnet): string {
  return toText(first + 1n, family);
}

/** Whether an address can be a host's in a subnet: not the network's own, nor its broadcast address. */
export function isHostAddress(address: string, subnet: Subnet): boolean {
  const offset = toNumber(address) - subnet.first;
  const last = sizeOf(subnet) - 1n;
  if (offset < 0n || offset > last) return false;
  return offset !== 0n && (subnet.family === 6 || offset !== last);
}

function pool(text: string, prefixLength: number): SubnetPool {
  return { base: parseCidr(text).subnet, prefixLength };
}
