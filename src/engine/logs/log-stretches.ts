import { readFileSync } from "node:fs";
import { hasCode } from "../../store/disk-error.ts";
import type { LogQuery } from "../facade.ts";

/** A part of a log file, as init/log-file.c notes it: where it is, and of which times its entries are. */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
  readonly earliestNs: bigint;
  readonly latestNs: bigint;
}

/** A part of a file that need not be read. */
export interface Skip {
  readonly from: number;
  readonly to: number;
}

const FIELDS = 4;
const STRETCH_BYTES = FIELDS * 8;

/** The bytes of an index; none where there is none. */
export function readLogIndex(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    return emptyWhereMissing(error);
  }
}

/** What an index says; nothing where a crash has spoilt it. */
export function parseLogIndex(bytes: Uint8Array): readonly Stretch[] {
  // A copy, since the bytes may lie anywhere, and numbers of eight may not.
  const fields = new BigUint64Array(new Uint8Array(bytes).buffer, 0, FIELDS * countIn(bytes));
  const stretches: Stretch[] = [];
  let end = 0;
  for (let at = 0; at < fields.length; at += FIELDS) {
    const [begin = 0n, stop = 0n, earliestNs = 0n, latestNs = 0n] = fields.subarray(
      at,
      at + FIELDS,
    );
    if (Number(begin) < end || stop < begin) return [];
    end = Number(stop);
    stretches.push({ begin: Number(begin), end, earliestNs, latestNs });
  }
  return stretches;
}

/** The parts without any entry of the times that are asked for, whatever the clock did between them. */
export function planSkips(
  stretches: readonly Stretch[],
  { since, until }: Pick<LogQuery, "since" | "until">,
): readonly Skip[] {
  const skips: Skip[] = [];
  if (since === undefined && until === undefined) return skips;
  for (const { begin, end, earliestNs, latestNs } of stretches) {
    const isWanted =
      (since === undefined || latestNs >= since) && (until === undefined || earliestNs <= until);
    if (isWanted) continue;
    const last = skips.at(-1);
    if (last?.to === begin) skips[skips.length - 1] = { from: last.from, to: end };
    else skips.push({ from: begin, to: end });
  }
  return skips;
}

function countIn({ byteLength }: Uint8Array): number {
  return Math.floor(byteLength / STRETCH_BYTES);
}

function emptyWhereMissing(error: unknown): Uint8Array {
  if (hasCode(error, ["ENOENT"])) return new Uint8Array();
  throw error;
}
