import { lookup } from "node:dns/promises";
import { EngineError } from "../base/errors.ts";
import { findIpAddress } from "../base/ip-address.ts";

/** An address range in CIDR notation. */
export interface AddressRange {
  readonly address: Uint8Array;
  readonly prefix: number;
}

const LOOPBACK: readonly AddressRange[] = ["127.0.0.0/8", "::1/128"].flatMap((text) => {
  const range = findRange(text);
  return range === undefined ? [] : [range];
});

/** Finds out for which hosts plain HTTP and certificates that nobody vouches for are good enough. */
export class InsecureHosts {
  readonly #names = new Set<string>();
  readonly #ranges: AddressRange[] = [];

  /** Names with or without a port, or ranges in CIDR notation. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const range = findRange(entry);
      if (range !== undefined) this.#ranges.push(range);
      else if (entry.includes("/")) throw wrongEntry(entry);
      else this.#names.add(entry.toLowerCase());
    }
  }

  /** For a host as a URL has it: with its port, and with brackets where it is an IPv6 address. */
  async has(host: string): Promise<boolean> {
    const name = nameOf(host);
    if (isLoopback(name)) return true;
    if (this.#names.has(host.toLowerCase()) || this.#names.has(name)) return true;
    if (this.#ranges.length === 0) return false;
    return (await addressesOf(name)).some((address) =>
      this.#ranges.some((range) => isInRange(address, range)),
    );
  }
}

/** Whether a host's name, without brackets and port, means this machine. */
export function isLoopback(name: string): boolean {
  if (name === "localhost") return true;
  const address = findIpAddress(name);
  return address !== undefined && LOOPBACK.some((range) => isInRange(address, range));
}

/** `host` of `host:port`, in lower case and without brackets. */
export function nameOf(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}

/** Reads CIDR notation; undefined where it is something else. */
export function findRange(text: string): AddressRange | undefined {
  const [, before = "", digits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = findIpAddress(before);
  const prefix = Number(digits);
  if (address === undefined || prefix > address.length * 8) return undefined;
  return { address, prefix };
}

export function isInRange(address: Uint8Array, range: AddressRange): boolean {
  if (address.length !== range.address.length) return false;
  return address.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, range.prefix - index * 8));
    const mask = 0xff & (0xff << (8 - bits));
    return (byte & mask) === ((range.address[index] ?? 0) & mask);
  });
}

async function addressesOf(name: string): Promise<readonly Uint8Array[]> {
  const own = findIpAddress(name);
  if (own !== undefined) return [own];
  try {
    const found = await lookup(name, { all: true });
    return found.flatMap(({ address }) => findIpAddress(address) ?? []);
  } catch {
    // The request that follows tells that there is no such host.
    return [];
  }
}

function wrongEntry(entry: string): EngineError {
  return new EngineError(
    "invalid",
    `Invalid insecure registry "${entry}": want a host, a host with its port, or a range such as 10.0.0.0/8`,
  );
}
