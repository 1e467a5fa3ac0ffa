import type { CheckContext, Finding } from "./finding.ts";

/** What SQLite finds, and rows that stand for nothing. */
export function* checkDatabase({ store }: CheckContext): Generator<Finding> {
  const { databaseCheck } = store;
  for (const problem of databaseCheck.listDamage()) {
    yield {
      kind: "database-damaged",
      subject: "sampan.db",
      problem,
      remedy:
        "stop the daemon, and put a copy from a backup in its place, or what sqlite3's .recover saves",
    };
  }
  for (const orphan of databaseCheck.listOrphans()) {
    yield {
      ...orphan,
      remedy: "--repair removes it",
      mend: () => {
        databaseCheck.remove(orphan);
        return true;
      },
    };
  }
}
