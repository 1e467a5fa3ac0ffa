import type { Database } from "bun:sqlite";
import type { FindingKind } from "./finding.ts";

/** Rows that stand for nothing. */
export interface Orphan {
  readonly kind: FindingKind;
  readonly subject: string;
  readonly problem: string;
}

interface OrphanQuery {
  readonly kind: FindingKind;
  readonly problem: string;
  /** The table, what names a row, and when one is an orphan. */
  readonly from: string;
  readonly subject: string;
  readonly where: string;
}

const NO_IMAGE = "image_id NOT IN (SELECT id FROM images)";
const NO_CONTAINER = "container_id NOT IN (SELECT id FROM containers)";

const ORPHANS: readonly OrphanQuery[] = [
  {
    kind: "reference-broken",
    problem: "it names an image that is not there",
    from: "image_references",
    subject: "name",
    where: NO_IMAGE,
  },
  {
    kind: "image-layers-broken",
    problem: "layers are listed for an image that is not there",
    from: "image_layers",
    subject: "image_id",
    where: NO_IMAGE,
  },
  {
    kind: "manifest-link-broken",
    problem: "a manifest and an image are linked of which one is not there",
    from: "image_manifests",
    subject: "digest",
    where: `${NO_IMAGE} OR digest NOT IN (SELECT digest FROM manifests)`,
  },
  {
    kind: "id-range-abandoned",
    problem: "its user and group ids are kept for a container that is not there",
    from: "id_ranges",
    subject: "container_id",
    where: NO_CONTAINER,
  },
];

/** The database looked at as a whole: what SQLite finds wrong, and rows that stand for nothing. */
export class DatabaseCheck {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** What SQLite itself finds; empty where all is well. */
  listDamage(): readonly string[] {
    const rows = this.#db.query<{ integrity_check: string }, []>("PRAGMA integrity_check").all();
    return rows.map((row) => row.integrity_check).filter((text) => text !== "ok");
  }

  listOrphans(): readonly Orphan[] {
    return ORPHANS.flatMap(({ kind, problem, from, subject, where }) =>
      this.#db
        .query<{ subject: string }, []>(
          `SELECT DISTINCT ${subject} AS subject FROM ${from} WHERE ${where} ORDER BY 1`,
        )
        .all()
        .map((row) => ({ kind, subject: row.subject, problem })),
    );
  }

  /** Removes the rows of an orphan. */
  remove(orphan: Orphan): void {
    const query = ORPHANS.find(({ kind }) => kind === orphan.kind);
    if (query === undefined) return;
    const { from, subject, where } = query;
    this.#db
      .query<void, [string]>(`DELETE FROM ${from} WHERE ${subject} = ? AND (${where})`)
      .run(orphan.subject);
  }
}
