import { splitAtFirst } from "../flags/parse-flags.ts";

export interface Ulimit {
  readonly Name: string;
  readonly Soft: number;
  readonly Hard: number;
}

const NAMES = [
  "core",
  "cpu",
  "data",
  "fsize",
  "locks",
  "memlock",
  "msgqueue",
  "nice",
  "nofile",
  "nproc",
  "rss",
  "rtprio",
  "rttime",
  "sigpending",
  "stack",
];
const UNLIMITED = -1;

/** Reads `NAME=SOFT[:HARD]`; -1 is no limit. */
export function parseUlimit(written: string): Ulimit {
  const [Name, limits] = splitAtFirst(written, "=");
  if (limits === undefined) throw new Error(`invalid ulimit argument: ${written}`);
  if (!NAMES.includes(Name)) throw new Error(`invalid ulimit type: ${Name}`);
  const [soft = "", hard = soft, ...more] = limits.split(":");
  if (more.length > 0) {
    const rule = "can only have up to two, `soft[:hard]`";
    throw new Error(`too many limit value arguments - ${limits}, ${rule}`);
  }
  const Soft = parseLimit(soft);
  const Hard = parseLimit(hard);
  if (Hard !== UNLIMITED && (Soft > Hard || Soft === UNLIMITED)) {
    const rule = "ulimit soft limit must be less than or equal to hard limit";
    throw new Error(`${rule}: ${Soft === UNLIMITED ? "-1" : Soft} > ${Hard}`);
  }
  return { Name, Soft, Hard };
}

function parseLimit(value: string): number {
  if (/^-?[0-9]+$/.test(value)) return Number(value);
  throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
}
