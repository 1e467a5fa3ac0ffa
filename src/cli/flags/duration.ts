import { type Flag, type FlagNotes, optional } from "./flag.ts";

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const PART = /^([0-9]*\.?[0-9]*)([^0-9.]*)/;

/** Reads a length of time such as `1h30m` or `-1.5s`, as nanoseconds. */
export function parseDuration(value: string): number {
  const quoted = JSON.stringify(value);
  const negative = value.startsWith("-");
  let rest = value.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw new Error(`time: invalid duration ${quoted}`);
  let total = 0;
  while (rest !== "") {
    const [part = "", digits = "", unit = ""] = PART.exec(rest) ?? [];
    if (!/[0-9]/.test(digits)) throw new Error(`time: invalid duration ${quoted}`);
    total += Number(digits) * unitOf(unit, quoted);
    rest = rest.slice(part.length);
  }
  return Math.round(negative ? -total : total);
}

function unitOf(unit: string, quoted: string): number {
  if (unit === "") throw new Error(`time: missing unit in duration ${quoted}`);
  const size = NANOSECONDS[unit];
  if (size !== undefined) return size;
  throw new Error(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
}

/** A length of time in nanoseconds that may be left out. */
export function duration(about: string, notes: FlagNotes = {}): Flag<number | undefined> {
  return optional(about, parseDuration, { label: "duration", shownDefault: "0s", ...notes });
}
