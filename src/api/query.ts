import { EngineError } from "../base/errors.ts";
import { parseTime } from "../base/time.ts";
import type { Filters } from "../engine/filters.ts";

const FALSE = new Set(["", "0", "no", "false", "none"]);

/** A flag as Docker reads it: what is not a known "no" is a yes. */
export function flag(query: URLSearchParams, name: string, absent = false): boolean {
  const value = query.get(name);
  return value === null ? absent : !FALSE.has(value.trim().toLowerCase());
}

/** A whole number; undefined when it is not there. */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === "") return undefined;
  if (/^[+-]?\d{1,15}$/.test(value)) return Number(value);
  throw new EngineError(
    "invalid",
    `invalid ${name}: strconv.Atoi: parsing "${value}": invalid syntax`,
  );
}

/** Unix seconds with an optional fraction, or RFC 3339, as nanoseconds; undefined for none or zero. */
export function instant(query: URLSearchParams, name: string): bigint | undefined {
  const value = query.get(name);
  if (value === null || value === "" || value === "0") return undefined;
  const ns = parseUnixTime(value) ?? parseTime(value);
  if (ns !== undefined) return ns;
  throw new EngineError("invalid", `invalid value for "${name}": "${value}"`);
}

function parseUnixTime(text: string): bigint | undefined {
  const [, seconds, fraction = ""] = /^(-?\d{1,12})(?:\.(\d{1,9})\d*)?$/.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const nanos = BigInt(fraction.padEnd(9, "0"));
  return BigInt(seconds) * 1_000_000_000n + (seconds.startsWith("-") ? -nanos : nanos);
}

/** Refuses a parameter that would be ignored; `what` is what it asks for. */
export function refuseParameter(query: URLSearchParams, name: string, what: string): void {
  if ((query.get(name) ?? "") === "") return;
  throw new EngineError("unimplemented", `${name}: this engine does not have ${what} yet`);
}

/**
 * The `filters` of a query, of the two forms that are about: `{"label":["a=b"]}`, which is the
 * documented one, and `{"label":{"a=b":true}}`, which Go's client sends. The engine knows the keys.
 */
export function filters(query: URLSearchParams): Filters {
  const value = query.get("filters");
  if (value === null || value === "") return {};
  const parsed: unknown = tryJson(value);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw invalidFilter();
  return Object.fromEntries(Object.entries(parsed).map(([key, values]) => [key, words(values)]));
}

function words(values: unknown): readonly string[] {
  const list = Array.isArray(values) ? values : keysThatHold(values);
  if (list.some((word) => typeof word !== "string")) throw invalidFilter();
  return list as readonly string[];
}

function keysThatHold(values: unknown): readonly string[] {
  if (typeof values !== "object" || values === null) throw invalidFilter();
  return Object.entries(values).flatMap(([key, holds]) => (holds === true ? [key] : []));
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidFilter();
  }
}

function invalidFilter(): EngineError {
  return new EngineError("invalid", "invalid filter");
}
