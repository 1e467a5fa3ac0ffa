import { EngineError } from "../base/errors.ts";
import { findIpAddress, formatIpAddress } from "../base/ip-address.ts";

export type IpFamily = 4 | 6;

/** An IPv4 or IPv6 network; `first` is its first address, as a number. */
export interface Subnet {
  readonly family: IpFamily;
  readonly first: bigint;
  readonly prefixLength: number;
}

/** An address and the subnet that it lies in. */
export interface AddressInSubnet {
  readonly address: string;
  readonly subnet: Subnet;
}

const BITS: Readonly<Record<IpFamily, number>> = { 4: 32, 6: 128 };

/** Reads `172.31.0.1/16` or `fd00::1/64` as an address and the subnet that it lies in. */
export function findCidr(text: string): AddressInSubnet | undefined {
  const [, address = "", prefix = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const bytes = findIpAddress(address);
  if (bytes === undefined || Number(prefix) > bytes.length * 8) return undefined;
  return { address: formatIpAddress(bytes), subnet: subnetOf(address, Number(prefix)) };
}

/** As findCidr(), for a text that has to be one. */
export function parseCidr(text: string): AddressInSubnet {
  const found = findCidr(text);
  if (found !== undefined) return found;
  throw new EngineError("invalid", `invalid CIDR address: ${text}`);
}

/** The subnet of this size that an address lies in. */
export function subnetOf(address: string, prefixLength: number): Subnet {
  const family = familyOf(address);
  const hostBits = BigInt(BITS[family] - prefixLength);
  return { family, first: (toNumber(address) >> hostBits) << hostBits, prefixLength };
}

/** How many addresses a subnet has. */
export function sizeOf({ family, prefixLength }: Subnet): bigint {
  return 1n << BigInt(BITS[family] - prefixLength);
}

/** The last address of a subnet, which is the broadcast address of all but the smallest IPv4 ones. */
export function lastOf(subnet: Subnet): bigint {
  return subnet.first + sizeOf(subnet) - 1n;
}

export function isInSubnet(address: string, subnet: Subnet): boolean {
  if (familyOf(address) !== subnet.family) return false;
  const number = toNumber(address);
  return number >= subnet.first && number <= lastOf(subnet);
}

/** Whether two subnets share an address. */
export function hasOverlap(one: Subnet, other: Subnet): boolean {
  if (one.family !== other.family) return false;
  return one.first <= lastOf(other) && other.first <= lastOf(one);
}

/** The subnet as in `172.31.0.0/16`. */
export function formatSubnet({ family, first, prefixLength }: Subnet): string {
  return `${toText(first, family)}/${prefixLength}`;
}

export function familyOf(address: string): IpFamily {
  return address.includes(":") ? 6 : 4;
}

/** An address as a number. */
export function toNumber(address: string): bigint {
  const bytes = findIpAddress(address);
  if (bytes === undefined) throw new EngineError("invalid", `Invalid IP address "${address}"`);
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

/** The address that a number stands for. */
export function toText(number: bigint, family: IpFamily): string {
  return formatIpAddress(toBytes(number, family));
}

/** The same as packets have it. */
export function toBytes(number: bigint, family: IpFamily): Uint8Array {
  const length = BITS[family] / 8;
  return Uint8Array.from({ length }, (_, index) =>
    Number((number >> BigInt(8 * (length - 1 - index))) & 0xffn),
  );
}
