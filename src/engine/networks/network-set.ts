import { EngineError } from "../../base/errors.ts";
import type { Network } from "./network.ts";

/** All networks, found by name, by id, or by the beginning of an id. */
export class NetworkSet {
  readonly #byId = new Map<string, Network>();
  readonly #byName = new Map<string, Network>();

  add(network: Network): void {
    this.#byId.set(network.id, network);
    this.#byName.set(network.name, network);
  }

  remove(network: Network): void {
    this.#byId.delete(network.id);
    this.#byName.delete(network.name);
  }

  hasName(name: string): boolean {
    return this.#byName.has(name);
  }

  /** By name. */
  list(): readonly Network[] {
    return [...this.#byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  find(ref: string): Network | undefined {
    const exact = this.#byId.get(ref) ?? this.#byName.get(ref);
    if (exact !== undefined || ref === "") return exact;
    const matches = [...this.#byId.values()].filter(({ id }) => id.startsWith(ref));
    if (matches.length <= 1) return matches[0];
    throw new EngineError(
      "invalid",
      `network ${ref} is ambiguous (${matches.length} matches found based on ID prefix)`,
    );
  }

  get(ref: string): Network {
    const network = this.find(ref);
    if (network !== undefined) return network;
    throw new EngineError("not-found", `network ${ref} not found`);
  }
}
