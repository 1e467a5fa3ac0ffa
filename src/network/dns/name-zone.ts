/** The addresses of a name, as text. A name that has none of one family has an empty list of it. */
export interface NameAddresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

/** What a name server knows itself. It is asked anew for every query, so it may change at any time. */
export interface NameZone {
  /** The name comes in lower case and without the last dot; undefined: others may know it. */
  lookup(name: string): NameAddresses | undefined;
  /** The name of an address, in Docker's form `name.network`. The address is in its usual text. */
  reverse(address: string): string | undefined;
}
