const NS_PER_MS = 1_000_000n;

/** How Docker shows a time that never was. */
export const NEVER = "0001-01-01T00:00:00Z";

const PATTERN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

let last = 0n;

/** The time now, in nanoseconds since the epoch. No two calls give the same, and later ones more. */
export function nowNs(): bigint {
  const now = BigInt(Date.now()) * NS_PER_MS;
  last = now > last ? now : last + 1n;
  return last;
}

/** RFC 3339 in UTC with all nine digits, so that the order as text is the order in time. */
export function formatTime(ns: bigint): string {
  const below = ((ns % NS_PER_MS) + NS_PER_MS) % NS_PER_MS;
  const toMs = new Date(Number((ns - below) / NS_PER_MS)).toISOString().slice(0, -1);
  return `${toMs}${below.toString().padStart(6, "0")}Z`;
}

/** Nanoseconds since the epoch of an RFC 3339 time; undefined where the text is none. */
export function parseTime(text: string): bigint | undefined {
  const [, seconds = "", fraction = "", zone = ""] = PATTERN.exec(text) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(ms)) return undefined;
  return BigInt(ms) * NS_PER_MS + BigInt(fraction.padEnd(9, "0"));
}
