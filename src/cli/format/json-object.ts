import { exactDigits } from "../../client/json.ts";

/** An object of the daemon's, of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The object, or an empty one where it is none. */
export function asRecord(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return value as JsonObject;
}

/** The value as a text; empty where there is none. */
export function asText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return exactDigits(value) ?? String(value);
}

/** The list, or an empty one where it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
