import { EngineError } from "../base/errors.ts";
import { findIpAddress, formatIpAddress } from "../base/ip-address.ts";

const ADDRESS_AND_PREFIX = /^([\d.]+)\/(\d{1,2})$/;

/** An IPv4 network; the address is its first one, as a number. */
export interface Ipv4Subnet {
  readonly first: number;
  readonly prefixLength: number;
}

/** Reads `172.31.0.1/16` as an address and the subnet that it lies in. */
export function parseIpv4Cidr(text: string): {
  readonly address: string;
  readonly subnet: Ipv4Subnet;
} {
  const [, address = "", prefix = ""] = ADDRESS_AND_PREFIX.exec(text) ?? [];
  const prefixLength = Number(prefix);
  if (findIpAddress(address) === undefined || prefixLength > 32) {
    throw new EngineError("invalid", `invalid CIDR address: ${text}`);
  }
  return { address, subnet: subnetOf(address, prefixLength) };
}

/** The subnet of this size that an address lies in. */
export function subnetOf(address: string, prefixLength: number): Ipv4Subnet {
  const sizeAddresses = 2 ** (32 - prefixLength);
  const number = toNumber(address);
  return { first: number - (number % sizeAddresses), prefixLength };
}

/** The last address of a subnet, which is the broadcast address of all but the smallest. */
export function lastOf({ first, prefixLength }: Ipv4Subnet): number {
  return first + 2 ** (32 - prefixLength) - 1;
}

export function isInSubnet(address: string, subnet: Ipv4Subnet): boolean {
  const number = toNumber(address);
  return number >= subnet.first && number <= lastOf(subnet);
}

/** Whether two subnets share an address. */
export function hasOverlap(one: Ipv4Subnet, other: Ipv4Subnet): boolean {
  return one.first <= lastOf(other) && other.first <= lastOf(one);
}

/** The subnet as in `172.31.0.0/16`. */
export function formatSubnet({ first, prefixLength }: Ipv4Subnet): string {
  return `${toText(first)}/${prefixLength}`;
}

/** The bits of the prefix, as in `255.255.0.0`, in bytes. */
export function maskOf({ prefixLength }: Ipv4Subnet): Uint8Array {
  return toBytes(2 ** 32 - 2 ** (32 - prefixLength));
}

/** An IPv4 address as a number from 0 to 2³² − 1. */
export function toNumber(address: string): number {
  const bytes = findIpAddress(address);
  if (bytes?.length !== 4) throw new EngineError("invalid", `Invalid IPv4 address "${address}"`);
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}

/** The address that a number stands for. */
export function toText(number: number): string {
  return formatIpAddress(toBytes(number));
}

/** The address that a number stands for, as packets have it. */
export function toBytes(number: number): Uint8Array {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}
