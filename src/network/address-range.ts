import { parseCidr, sizeOf, toBytes } from "./subnet.ts";

/** The families of addresses by name, as the firewall has them. */
export type FamilyName = "ipv4" | "ipv6";

/** A run of addresses as packets have them. */
export interface AddressRange {
  readonly family: FamilyName;
  readonly first: Uint8Array;
  /** The first address behind it; undefined where there is none. */
  readonly end: Uint8Array | undefined;
}

/** The family that an address is written in. */
export function familyNameOf(address: string): FamilyName {
  return address.includes(":") ? "ipv6" : "ipv4";
}

/** Reads `172.17.0.0/16` or `fd00::/64`, of whichever address in it, as all of its addresses. */
export function parseRange(text: string): AddressRange {
  const { subnet } = parseCidr(text);
  const { family, first } = subnet;
  const end = first + sizeOf(subnet);
  const isLast = end === sizeOf({ ...subnet, prefixLength: 0 });
  return {
    family: familyNameOf(text),
    first: toBytes(first, family),
    end: isLast ? undefined : toBytes(end, family),
  };
}
