import { EngineError } from "../base/errors.ts";

/** A value somewhere in a profile's JSON. It knows its place there, for errors. */
export class JsonField {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path = "") {
    this.#value = value;
    this.#path = path;
  }

  /** The member of an object; one that is missing or null is undefined. */
  find(key: string): JsonField | undefined {
    if (!isRecord(this.#value)) throw this.error("an object");
    const value = Object.hasOwn(this.#value, key) ? this.#value[key] : undefined;
    const path = this.#path === "" ? key : `${this.#path}.${key}`;
    return value === undefined || value === null ? undefined : new JsonField(value, path);
  }

  /** The members of an array. */
  list(): readonly JsonField[] {
    if (!Array.isArray(this.#value)) throw this.error("a list");
    return this.#value.map((value: unknown, index) => {
      return new JsonField(value, `${this.#path}[${index}]`);
    });
  }

  text(): string {
    if (typeof this.#value !== "string") throw this.error("a text");
    return this.#value;
  }

  texts(): readonly string[] {
    return this.list().map((field) => field.text());
  }

  /** A whole number that is not negative and has at most 64 bits. */
  word(): number | bigint {
    if (!isWord(this.#value)) throw this.error("a whole number from 0 to 2^64-1");
    return this.#value;
  }

  /** A whole number that is not negative and has at most 32 bits. */
  number(): number {
    const word = this.word();
    if (typeof word === "bigint" || word > 0xffff_ffff) throw this.error("a number below 2^32");
    return word;
  }

  /** One of the names that the check knows. */
  name<Name extends string>(isName: (text: string) => text is Name, what: string): Name {
    const text = this.text();
    if (!isName(text)) throw this.error(`the name of ${what}`);
    return text;
  }

  error(wanted: string): EngineError {
    const where = this.#path === "" ? "the top" : this.#path;
    const found = JSON.stringify(this.#value, toPlain)?.slice(0, 100) ?? "nothing";
    return new EngineError(
      "invalid",
      `Cannot read the seccomp profile: ${where} is ${found}, want ${wanted}`,
    );
  }
}

/** Reads JSON. Whole numbers that a double cannot hold become bigints: a mask may have 64 bits. */
export function parseProfileJson(text: string): JsonField {
  try {
    return new JsonField(JSON.parse(text, revive));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const message = `Cannot read the seccomp profile: it is no JSON: ${cause.message}`;
    throw new EngineError("invalid", message, { cause });
  }
}

function revive(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^\d{1,20}$/.test(source) ? BigInt(source) : value;
}

function toPlain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function isWord(value: unknown): value is number | bigint {
  if (typeof value === "bigint") return BigInt.asUintN(64, value) === value;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
