import { findIpAddress } from "../../base/ip-address.ts";
import { splitAtFirst } from "../flags/parse-flags.ts";

/** Whether that is an IPv4 or IPv6 address. */
export function isIp(address: string): boolean {
  return findIpAddress(address) !== undefined;
}

/** Checks an address. */
export function checkIp(written: string): string {
  const address = written.trim();
  if (isIp(address)) return address;
  throw new Error(`IP address is not correctly formatted: ${written}`);
}

/** Reads `NAME:ADDRESS` or `NAME=ADDRESS` as the API takes it; the address may be in brackets. */
export function parseExtraHost(written: string): string {
  const separator = written.includes("=") ? "=" : ":";
  const [name, address] = splitAtFirst(written, separator);
  if (name === "" || address === undefined)
    throw new Error(`bad format for add-host: "${written}"`);
  const bare = address.replace(/^\[(.*)\]$/, "$1");
  if (bare === "host-gateway" || isIp(bare)) return `${name}:${bare}`;
  throw new Error(`invalid IP address in add-host: "${address}"`);
}

/** Checks a domain; a lone dot means none at all. */
export function parseSearchDomain(written: string): string {
  const domain = written.trim();
  if (domain === ".") return domain;
  const label = "[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?";
  const valid = new RegExp(`^${label}(\\.${label})*\\.?$`).test(domain);
  if (valid && /[a-zA-Z]/.test(domain) && domain.length < 255) return domain.replace(/\.$/, "");
  throw new Error(`${domain} is not a valid domain`);
}

/** Checks `CONTAINER[:ALIAS]`. */
export function parseLink(written: string): string {
  const parts = written.split(":");
  if (written === "") throw new Error("empty string specified for links");
  if (parts.length > 2) throw new Error(`bad format for links: ${written}`);
  return written;
}
