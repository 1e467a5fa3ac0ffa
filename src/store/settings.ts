import type { Database } from "bun:sqlite";

/** Values that belong to the data root as a whole, such as the engine's id. */
export class SettingTable {
  readonly #find;
  readonly #set;

  constructor(db: Database) {
    this.#find = db.query<{ value: string }, [string]>("SELECT value FROM settings WHERE key = ?");
    this.#set = db.query<void, [string, string]>(
      "INSERT INTO settings (key, value) VALUES (?, ?) " +
        "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    );
  }

  find(key: string): string | undefined {
    return this.#find.get(key)?.value;
  }

  /** What is stored under `key`; where there is nothing, `make()`'s result is stored first. */
  ensure(key: string, make: () => string): string {
    const known = this.find(key);
    if (known !== undefined) return known;
    const made = make();
    this.set(key, made);
    return made;
  }

  set(key: string, value: string): void {
    this.#set.run(key, value);
  }
}
