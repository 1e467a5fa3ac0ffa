import { formatIpAddress } from "../../base/ip-address.ts";

const IPV4 = /^((?:\d{1,3}\.){4})in-addr\.arpa$/;
const IPV6 = /^((?:[0-9a-f]\.){32})ip6\.arpa$/;

/** The address that a name such as `2.0.0.10.in-addr.arpa` stands for. RFC 1035, 3.5; RFC 3596, 2.5. */
export function findReversedAddress(name: string): string | undefined {
  // Most names are others, and this is asked for every query of their kind.
  if (!name.endsWith(".arpa")) return undefined;
  const bytes = ipv4Bytes(name) ?? ipv6Bytes(name);
  return bytes === undefined ? undefined : formatIpAddress(bytes);
}

function ipv4Bytes(name: string): Uint8Array | undefined {
  const numbers = IPV4.exec(name)?.[1]?.split(".").slice(0, -1).map(Number).reverse();
  return numbers?.every((number) => number <= 255) ? Uint8Array.from(numbers) : undefined;
}

function ipv6Bytes(name: string): Uint8Array | undefined {
  const digits = IPV6.exec(name)?.[1]?.split(".").reverse().join("");
  return digits === undefined ? undefined : Buffer.from(digits, "hex");
}
