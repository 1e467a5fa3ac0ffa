import { Database } from "bun:sqlite";
import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { EngineError, explain } from "../base/errors.ts";
import { MIGRATIONS } from "./migrations.ts";

const BUSY_TIMEOUT_MS = 5000;

/** More than its log and its index take when it is opened. */
const WORKING_BYTES = 128 << 10;

/** Opens the database file and brings its schema up to date; a newer schema is refused. */
export function openDatabase(file: string): Database {
  const db = connect(file);
  try {
    configure(db);
    migrate(db, file);
    return db;
  } catch (cause) {
    db.close();
    throw explainOpening(cause, file);
  }
}

function connect(file: string): Database {
  try {
    return new Database(file, { create: true, strict: true });
  } catch (cause) {
    throw explainOpening(cause, file);
  }
}

/** SQLite says "disk I/O error" where it found no room for the files that it works with. */
function explainOpening(cause: unknown, file: string): EngineError {
  const action = `Cannot open the database "${file}"`;
  const { bavail, bsize } = statfsSync(dirname(file));
  if (bavail * bsize >= WORKING_BYTES) return explain(cause, action);
  const message = `${action}: no space left on device, and it needs ${WORKING_BYTES >> 10} KiB to work`;
  return new EngineError("unavailable", message, { cause });
}

function configure(db: Database): void {
  db.run(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.run("PRAGMA journal_mode = WAL");
  // A commit survives the death of the daemon; only the host's own crash can undo the last ones.
  db.run("PRAGMA synchronous = NORMAL");
  db.run("PRAGMA foreign_keys = ON");
}

function migrate(db: Database, file: string): void {
  const version = db.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version;
  const current = version ?? 0;
  if (current > MIGRATIONS.length) {
    throw new EngineError(
      "unavailable",
      `Its schema is version ${current} and this program knows up to ${MIGRATIONS.length}: ` +
        `use the newer program that wrote "${file}", or another --data-root`,
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index >= current) migrateTo(db, index + 1, sql);
  }
}

/** The step and its number are one transaction: a death in between repeats it, never half. */
function migrateTo(db: Database, version: number, sql: string): void {
  db.transaction(() => {
    db.run(sql);
    db.run(`PRAGMA user_version = ${version}`);
  }).immediate();
}
