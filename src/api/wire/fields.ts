import { EngineError } from "../../base/errors.ts";

/** What an integer is called in the text of an error, as Go's decoder says it. */
const INTEGER = "int64";

/**
 * A JSON object, read as Go's decoder does: names match in any case, `null` is the same as absent, the
 * last of two wins, and a value of the wrong type is an error with Go's text.
 */
export class Fields {
  readonly #name: string;
  readonly #values = new Map<string, unknown>();
  /** As it came. */
  readonly source: Readonly<Record<string, unknown>>;

  private constructor(source: object, name: string) {
    this.#name = name;
    this.source = source as Record<string, unknown>;
    for (const [key, value] of Object.entries(source)) {
      if (value !== null) this.#values.set(key.toLowerCase(), value);
    }
  }

  static of(value: unknown, name: string): Fields {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new EngineError(
        "invalid",
        `invalid JSON: json: cannot unmarshal ${typeName(value)} into Go value of type ${name}`,
      );
    }
    return new Fields(value, name);
  }

  /** The value as it stands, or undefined. */
  value(field: string): unknown {
    return this.#values.get(field.toLowerCase());
  }

  text(field: string): string {
    return this.#typed(field, "string", isString) ?? "";
  }

  flag(field: string): boolean {
    return this.findFlag(field) ?? false;
  }

  findFlag(field: string): boolean | undefined {
    return this.#typed(field, "bool", isBoolean);
  }

  integer(field: string): number {
    return this.findInteger(field) ?? 0;
  }

  findInteger(field: string): number | undefined {
    return this.#typed(field, INTEGER, isInteger);
  }

  texts(field: string): readonly string[] {
    return this.findTexts(field) ?? [];
  }

  findTexts(field: string): readonly string[] | undefined {
    return this.#list(field, "string", isString);
  }

  textLists(field: string): readonly (readonly string[])[] {
    const isTexts = (value: unknown): value is string[] =>
      Array.isArray(value) && value.every(isString);
    return this.#list(field, "[]string", isTexts) ?? [];
  }

  integers(field: string): readonly number[] {
    return this.#list(field, INTEGER, isInteger) ?? [];
  }

  /** A command: a list of words, or one word as a text. */
  findWords(field: string): readonly string[] | undefined {
    const value = this.value(field);
    return isString(value) ? [value] : this.findTexts(field);
  }

  textMap(field: string): Readonly<Record<string, string>> {
    const found = this.findChild(field);
    if (found === undefined) return {};
    return Object.fromEntries(
      Object.entries(found.source).map(([key, value]) => [key, this.#mapValue(field, value)]),
    );
  }

  /** The keys of an object whose values mean nothing. */
  keys(field: string): readonly string[] {
    return Object.keys(this.findChild(field)?.source ?? {});
  }

  findChild(field: string): Fields | undefined {
    const value = this.value(field);
    if (value === undefined) return undefined;
    if (typeof value !== "object" || Array.isArray(value)) throw this.#wrong(field, value, field);
    return new Fields(value as object, field);
  }

  children(field: string): readonly Fields[] {
    const isObject = (value: unknown): value is object =>
      typeof value === "object" && value !== null && !Array.isArray(value);
    return (this.#list(field, field, isObject) ?? []).map((value) => new Fields(value, field));
  }

  #typed<T>(field: string, type: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.value(field);
    if (value === undefined || is(value)) return value;
    throw this.#wrong(field, value, type);
  }

  #list<T>(field: string, type: string, is: (value: unknown) => value is T): T[] | undefined {
    const value = this.value(field);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.#wrong(field, value, `[]${type}`);
    const wrong = value.find((item) => !is(item));
    if (wrong !== undefined || value.includes(null)) throw this.#wrong(field, wrong ?? null, type);
    return value;
  }

  #mapValue(field: string, value: unknown): string {
    if (value === null) return "";
    if (isString(value)) return value;
    throw this.#wrong(field, value, "string");
  }

  #wrong(field: string, value: unknown, type: string): EngineError {
    const what = typeof value === "number" ? `number ${value}` : typeName(value);
    return new EngineError(
      "invalid",
      `invalid JSON: json: cannot unmarshal ${what} into Go struct field ${this.#name}.${field} of type ${type}`,
    );
  }
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** Whole, and within 64 bits. The few that are over 2^53 are "no limit" in one spelling or another. */
function isInteger(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 2 ** 63;
}
