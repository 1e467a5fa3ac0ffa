import type { Database } from "bun:sqlite";
import { EngineError } from "../base/errors.ts";

export interface IdRangeRow {
  readonly containerId: string;
  /** The host's id for the container's root. */
  readonly first: number;
  readonly count: number;
}

/** Which of the host's ids containers may have: from `first` to just before `end`. */
export interface IdBounds {
  readonly first: number;
  readonly end: number;
}

/** Above what useradd and subuid files hand out, below the ids that the kernel keeps for "nobody". */
export const DEFAULT_ID_BOUNDS: IdBounds = { first: 0x8_0000, end: 0xffff_0000 };

/** A range begins and ends at a multiple of this: the ids of one whole 16-bit system. */
const UNIT = 65_536;

const COLUMNS = "container_id AS containerId, first, count";

/** The id_ranges table, and the choice of a free range. No two containers share an id of the host. */
export class IdRangeTable {
  readonly #bounds: IdBounds;
  readonly #insert;
  readonly #byContainer;
  readonly #all;
  readonly #remove;
  readonly #removeAbandoned;

  constructor(db: Database, bounds: IdBounds) {
    this.#bounds = checkBounds(bounds);
    this.#insert = db.query<void, [string, number, number]>(
      "INSERT INTO id_ranges (container_id, first, count) VALUES (?, ?, ?)",
    );
    this.#byContainer = db.query<IdRangeRow, [string]>(
      `SELECT ${COLUMNS} FROM id_ranges WHERE container_id = ?`,
    );
    this.#all = db.query<IdRangeRow, []>(`SELECT ${COLUMNS} FROM id_ranges ORDER BY first`);
    this.#remove = db.query<void, [string]>("DELETE FROM id_ranges WHERE container_id = ?");
    this.#removeAbandoned = db.query<void, []>(
      "DELETE FROM id_ranges WHERE container_id NOT IN (SELECT id FROM containers)",
    );
  }

  /** Takes the lowest free range that has at least `count` ids, and stores whose it is. */
  allot(containerId: string, count: number): IdRangeRow {
    const range = this.propose(count);
    this.#insert.run(containerId, range.first, range.count);
    return { containerId, ...range };
  }

  /** The range that allot() would take now. */
  propose(count: number): Omit<IdRangeRow, "containerId"> {
    const size = Math.max(1, Math.ceil(count / UNIT)) * UNIT;
    return { first: this.#lowestFree(size), count: size };
  }

  find(containerId: string): IdRangeRow | undefined {
    return this.#byContainer.get(containerId) ?? undefined;
  }

  /** By the first id. */
  list(): readonly IdRangeRow[] {
    return this.#all.all();
  }

  /** Gives the container's range back, where it has one. */
  remove(containerId: string): void {
    this.#remove.run(containerId);
  }

  /** Gives back the ranges whose container is not there. */
  removeAbandoned(): void {
    this.#removeAbandoned.run();
  }

  #lowestFree(size: number): number {
    let candidate = this.#bounds.first;
    for (const { first, count } of this.#all.iterate()) {
      if (candidate + size <= first) break;
      candidate = Math.max(candidate, first + count);
    }
    if (candidate + size <= this.#bounds.end) return candidate;
    throw new EngineError(
      "unavailable",
      `Cannot give the container ${size} user and group ids: all between ${this.#bounds.first} and ` +
        `${this.#bounds.end} are in use; remove containers, or give the daemon a wider --id-range`,
    );
  }
}

function checkBounds({ first, end }: IdBounds): IdBounds {
  const aligned = first % UNIT === 0 && end % UNIT === 0;
  if (aligned && first >= UNIT && first < end && end <= 2 ** 32 - UNIT) return { first, end };
  throw new EngineError(
    "invalid",
    `Invalid --id-range ${first}-${end - 1}: the first must be a multiple of ${UNIT}, at least that, ` +
      `the last one less than a multiple, at most ${2 ** 32 - UNIT - 1}; such as ${UNIT}-${9 * UNIT - 1}`,
  );
}
