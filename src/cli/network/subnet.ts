import { findIpAddress } from "../../base/ip-address.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";

/** An address with the length of its network's part. */
export interface Subnet {
  readonly address: Uint8Array;
  readonly prefixLength: number;
}

/** Reads CIDR notation, such as `10.1.0.0/16`. */
export function parseSubnet(written: string): Subnet {
  const [ip, length = ""] = splitAtFirst(written, "/");
  const address = findIpAddress(ip);
  const isLength = /^(0|[1-9][0-9]{0,2})$/.test(length);
  if (address === undefined || !isLength || Number(length) > address.length * 8) {
    throw new Error(`invalid CIDR address: ${written}`);
  }
  return { address, prefixLength: Number(length) };
}

/** Whether the subnet holds the address, or the first one of the range. */
export function holds(subnet: string, written: string): boolean {
  const { address: own, prefixLength } = parseOwn(subnet);
  const address = written.includes("/") ? parseSubnet(written).address : findIpAddress(written);
  if (address?.length !== own.length) return false;
  return own.every((byte, index) => {
    const bits = Math.min(Math.max(prefixLength - index * 8, 0), 8);
    const mask = 0xff & (0xff << (8 - bits));
    return (byte & mask) === ((address[index] ?? 0) & mask);
  });
}

function parseOwn(subnet: string): Subnet {
  try {
    return parseSubnet(subnet);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`invalid subnet: ${reason}`, { cause });
  }
}
