import { exactDigits } from "../../client/json.ts";

/** Whether a value counts as true: not empty, not zero, not absent. */
export function isTrue(value: unknown): boolean {
  if (exactDigits(value) !== undefined) return true;
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A value as Go's fmt prints it. */
export function formatValue(value: unknown): string {
  if (value === undefined || value === null) return "<no value>";
  return formatInside(value);
}

function formatInside(value: unknown): string {
  const digits = exactDigits(value);
  if (digits !== undefined) return digits;
  if (value === undefined || value === null) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(formatInside).join(" ")}]`;
  if (typeof value === "object") {
    const pairs = sortedEntries(value).map(([key, item]) => `${key}:${formatInside(item)}`);
    return `map[${pairs.join(" ")}]`;
  }
  return String(value);
}

/** The members of an object, by name. */
export function sortedEntries(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A value in a few words, for messages. */
export function describeType(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (Array.isArray(value)) return "list";
  return typeof value === "object" ? "map" : typeof value;
}
