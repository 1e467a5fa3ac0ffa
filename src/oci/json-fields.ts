import { EngineError } from "../base/errors.ts";

/** A JSON object whose fields are not checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Reads a JSON object; `what` names the document in errors. */
export function parseFields(text: string, what: string): Fields {
  try {
    return asFields(JSON.parse(text), what);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError("invalid", `Cannot read ${what}: it is not JSON`, { cause });
  }
}

export function asFields(value: unknown, what: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw wrong(what, "an object", value);
}

/** A field of any kind; undefined where there is none, and for null. */
export function fieldOf(fields: Fields, key: string): unknown {
  return fields[key] ?? undefined;
}

/** An object, or an empty one where there is none. */
export function fieldsOf(fields: Fields, key: string): Fields {
  const value = fields[key] ?? undefined;
  return value === undefined ? {} : asFields(value, key);
}

/** A text, or an empty one where there is none. */
export function textOf(fields: Fields, key: string): string {
  const value = fields[key] ?? "";
  if (typeof value === "string") return value;
  throw wrong(key, "a text", value);
}

/** A whole number from 0 on; undefined where there is none. */
export function sizeOf(fields: Fields, key: string): number | undefined {
  const value = fields[key] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(key, "a size", value);
}

/** A list; undefined where there is none. */
export function findList(fields: Fields, key: string): readonly unknown[] | undefined {
  const value = fields[key] ?? undefined;
  if (value === undefined || Array.isArray(value)) return value;
  throw wrong(key, "a list", value);
}

/** A list of texts; undefined where there is none. */
export function findTexts(fields: Fields, key: string): readonly string[] | undefined {
  return findList(fields, key)?.map((value) => {
    if (typeof value === "string") return value;
    throw wrong(key, "a list of texts", value);
  });
}

/** An object whose values are texts; empty where there is none. */
export function textMapOf(fields: Fields, key: string): Readonly<Record<string, string>> {
  const map = fieldsOf(fields, key);
  return Object.fromEntries(Object.keys(map).map((name) => [name, textOf(map, name)]));
}

function wrong(what: string, wanted: string, value: unknown): EngineError {
  const shown = JSON.stringify(value)?.slice(0, 60) ?? "nothing";
  return new EngineError("invalid", `Cannot read ${what}: want ${wanted}, have ${shown}`);
}
