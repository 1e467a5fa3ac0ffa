import { parseBytes } from "../../base/byte-size.ts";
import { type Flag, type FlagNotes, optional } from "./flag.ts";

/** A whole number. */
export function int(about: string, notes: FlagNotes & { initial: number }): Flag<number> {
  const { initial, ...rest } = notes;
  const shownDefault = initial === 0 ? {} : { shownDefault: String(initial) };
  return { label: "int", about, initial, parse: parseInteger, ...shownDefault, ...rest };
}

/** A whole number that may be left out. */
export function optionalInt(about: string, notes: FlagNotes = {}): Flag<number | undefined> {
  return optional(about, parseInteger, { label: "int", ...notes });
}

/** A whole number from 0 to the limit. */
export function uint(about: string, max: number, notes: FlagNotes = {}): Flag<number | undefined> {
  return optional(about, (value) => parseUnsigned(value, max), { label: "uint", ...notes });
}

const INTEGER = /^([+-]?)(0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][0-9_]*)$/;

/** Reads a whole number as Go's strconv does with base 0: also `0x10`, `0b1`, `017`. */
export function parseInteger(value: string): number {
  const match = INTEGER.exec(value);
  if (match === null) throw syntaxError("ParseInt", value);
  return magnitude("ParseInt", value, match) * (match[1] === "-" ? -1 : 1);
}

/** Reads a whole number that is not negative. */
export function parseUnsigned(value: string, max: number): number {
  const match = INTEGER.exec(value);
  if (match === null || match[1] !== "") throw syntaxError("ParseUint", value);
  const result = magnitude("ParseUint", value, match);
  if (result > max) throw rangeError("ParseUint", value);
  return result;
}

/** Reads a whole number that is not negative, of decimal digits alone. */
export function parseDecimal(value: string, max: number): number {
  if (!/^[0-9]+$/.test(value)) throw syntaxError("ParseUint", value);
  if (Number(value) > max) throw rangeError("ParseUint", value);
  return Number(value);
}

function magnitude(call: string, value: string, match: RegExpExecArray): number {
  const digits = (match[2] ?? "").replaceAll("_", "").replace(/^0(?=[0-7])/, "0o");
  const result = BigInt(digits);
  if (result > 0x7fff_ffff_ffff_ffffn) throw rangeError(call, value);
  // JSON carries doubles here; beyond them the number sent would not be the one that was written.
  if (result > BigInt(Number.MAX_SAFE_INTEGER)) throw rangeError(call, value);
  return Number(result);
}

function syntaxError(call: string, value: string): Error {
  return new Error(`strconv.${call}: parsing ${JSON.stringify(value)}: invalid syntax`);
}

function rangeError(call: string, value: string): Error {
  return new Error(`strconv.${call}: parsing ${JSON.stringify(value)}: value out of range`);
}

/** Reads a number of processors, as billionths of one. */
export function parseCpus(value: string): number {
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(value)) {
    throw new Error(`failed to parse ${value} as a rational number`);
  }
  const nano = Number(value) * 1e9;
  const whole = Math.round(nano);
  if (Math.abs(nano - whole) > 1e-3) throw new Error("value is too precise");
  return whole;
}

/** A size that may be left out. */
export function bytes(about: string, notes: FlagNotes = {}): Flag<number | undefined> {
  return optional(about, parseBytes, { label: "bytes", ...notes });
}
