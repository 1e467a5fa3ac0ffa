import type { Database } from "bun:sqlite";
import { EngineError } from "../base/errors.ts";

export interface AddressRow {
  readonly network: string;
  readonly address: string;
  readonly containerId: string;
}

const COLUMNS = "network, address, container_id AS containerId";

/** The addresses table: which container has which address in which network. */
export class AddressTable {
  readonly #insert;
  readonly #find;
  readonly #byNetwork;
  readonly #byContainer;
  readonly #remove;
  readonly #removeByContainer;
  readonly #removeAbandoned;

  constructor(db: Database) {
    this.#insert = db.query<void, [string, string, string]>(
      "INSERT INTO addresses (network, address, container_id) VALUES (?, ?, ?) " +
        "ON CONFLICT (network, address) DO NOTHING",
    );
    this.#find = db.query<AddressRow, [string, string]>(
      `SELECT ${COLUMNS} FROM addresses WHERE network = ? AND address = ?`,
    );
    this.#byNetwork = db.query<AddressRow, [string]>(
      `SELECT ${COLUMNS} FROM addresses WHERE network = ? ORDER BY address`,
    );
    this.#byContainer = db.query<AddressRow, [string]>(
      `SELECT ${COLUMNS} FROM addresses WHERE container_id = ? ORDER BY network, address`,
    );
    this.#remove = db.query<void, [string, string]>(
      "DELETE FROM addresses WHERE network = ? AND address = ?",
    );
    this.#removeByContainer = db.query<void, [string]>(
      "DELETE FROM addresses WHERE container_id = ?",
    );
    this.#removeAbandoned = db.query<void, []>(
      "DELETE FROM addresses WHERE container_id NOT IN (SELECT id FROM containers)",
    );
  }

  insert({ network, address, containerId }: AddressRow): void {
    const { changes } = this.#insert.run(network, address, containerId);
    if (changes === 0) {
      throw new EngineError("conflict", `Address ${address} of network ${network} is in use`);
    }
  }

  find(network: string, address: string): AddressRow | undefined {
    return this.#find.get(network, address) ?? undefined;
  }

  list(network: string): readonly AddressRow[] {
    return this.#byNetwork.all(network);
  }

  listByContainer(containerId: string): readonly AddressRow[] {
    return this.#byContainer.all(containerId);
  }

  /** No error where it is free already. */
  remove(network: string, address: string): void {
    this.#remove.run(network, address);
  }

  /** Gives all of a container's addresses back. */
  removeByContainer(containerId: string): void {
    this.#removeByContainer.run(containerId);
  }

  /** Gives back the addresses whose container is not there. */
  removeAbandoned(): void {
    this.#removeAbandoned.run();
  }
}
