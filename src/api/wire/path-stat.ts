import { formatTime } from "../../base/time.ts";
import type { PathStat } from "../../engine/files-facade.ts";

/** The header that tells clients what an archive is of. */
export const PATH_STAT_HEADER = "X-Docker-Container-Path-Stat";

const TYPE_MASK = 0o170000;

/** Go's bits for the types of stat(2). os.FileMode */
const TYPES: ReadonlyMap<number, number> = new Map([
  [0o040000, 2 ** 31],
  [0o120000, 2 ** 27],
  [0o060000, 2 ** 26],
  [0o020000, 2 ** 26 + 2 ** 21],
  [0o010000, 2 ** 25],
  [0o140000, 2 ** 24],
]);

const SPECIAL = [
  [0o4000, 2 ** 23],
  [0o2000, 2 ** 22],
  [0o1000, 2 ** 20],
] as const;

/** Docker's form of a mode: Go's, in which the bits beyond the permissions have other places. */
export function toGoMode(mode: number): number {
  const type = TYPES.get(mode & TYPE_MASK) ?? 0;
  const special = SPECIAL.reduce((sum, [bit, go]) => ((mode & bit) === 0 ? sum : sum + go), 0);
  return type + special + (mode & 0o777);
}

/** The header's value: Docker's JSON, in base64. */
export function encodePathStat(stat: PathStat): string {
  const fields = {
    name: stat.name,
    size: stat.sizeBytes,
    mode: toGoMode(stat.mode),
    // As Go writes it, without zeros at its end.
    mtime: formatTime(stat.modifiedNs).replace(/\.?0+Z$/, "Z"),
    linkTarget: stat.linkTarget,
  };
  return Buffer.from(JSON.stringify(fields)).toString("base64");
}
