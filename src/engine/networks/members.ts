import type { Member } from "./network.ts";

/** Who is on a network, found by container, by name and by address. */
export class Members {
  readonly #byContainer = new Map<string, Member>();
  readonly #byName = new Map<string, readonly Member[]>();
  readonly #byAddress = new Map<string, Member>();

  get byContainer(): ReadonlyMap<string, Member> {
    return this.#byContainer;
  }

  /** In place of what was known of the same container. */
  add(member: Member): void {
    this.remove(member.containerId);
    this.#byContainer.set(member.containerId, member);
    for (const name of keysOf(member)) {
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), member]);
    }
    for (const { address } of member.endpoint.addresses) this.#byAddress.set(address, member);
  }

  /** No error where it is gone. */
  remove(containerId: string): void {
    const member = this.#byContainer.get(containerId);
    if (member === undefined) return;
    this.#byContainer.delete(containerId);
    for (const name of keysOf(member)) {
      const rest = this.#byName.get(name)?.filter((other) => other !== member) ?? [];
      if (rest.length === 0) this.#byName.delete(name);
      else this.#byName.set(name, rest);
    }
    for (const { address } of member.endpoint.addresses) this.#byAddress.delete(address);
  }

  /** All that have the name, in lower case; undefined where none has. */
  findByName(name: string): readonly Member[] | undefined {
    return this.#byName.get(name);
  }

  findByAddress(address: string): Member | undefined {
    return this.#byAddress.get(address);
  }
}

function keysOf({ endpoint }: Member): ReadonlySet<string> {
  return new Set(endpoint.names.map((name) => name.toLowerCase()));
}
