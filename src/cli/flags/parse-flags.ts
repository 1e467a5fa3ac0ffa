import type { Flag, FlagTable, FlagValues } from "./flag.ts";

/** A command line, taken apart. */
export interface ParsedFlags<F extends FlagTable> {
  readonly values: FlagValues<F>;
  /** The long names of the options that were given. */
  readonly given: ReadonlySet<string>;
  readonly operands: readonly string[];
  readonly help: boolean;
}

/** A command line that does not fit the options. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/**
 * Reads options with pflag's rules: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-n=value`,
 * bundled switches, `--` before the operands. With `stopAtOperand` the first operand ends the options.
 */
export function parseFlags<F extends FlagTable>(
  table: F,
  args: readonly string[],
  options: { readonly stopAtOperand?: boolean } = {},
): ParsedFlags<F> {
  const reader = new FlagReader(table, args);
  reader.readAll(options.stopAtOperand ?? false);
  return {
    // Every key of the table is set by the reader, from its own initial value on.
    values: Object.fromEntries(reader.values) as FlagValues<F>,
    given: reader.given,
    operands: reader.operands,
    help: reader.help,
  };
}

class FlagReader {
  readonly values: Map<string, unknown>;
  readonly given = new Set<string>();
  readonly operands: string[] = [];
  help = false;
  readonly #table: FlagTable;
  readonly #shorts: ReadonlyMap<string, string>;
  readonly #rest: string[];

  constructor(table: FlagTable, args: readonly string[]) {
    const entries = Object.entries(table);
    this.#table = table;
    this.#rest = [...args];
    this.values = new Map(entries.map(([name, flag]) => [name, flag.initial]));
    this.#shorts = new Map(
      entries.flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name]])),
    );
  }

  readAll(stopAtOperand: boolean): void {
    while (!this.help && !(stopAtOperand && this.operands.length > 0)) {
      const arg = this.#rest.shift();
      if (arg === undefined || arg === "--") break;
      this.#readArgument(arg);
    }
    this.operands.push(...this.#rest);
  }

  #readArgument(arg: string): void {
    if (arg.startsWith("--")) this.#readLong(arg);
    else if (arg.startsWith("-") && arg !== "-") this.#readShorts(arg);
    else this.operands.push(arg);
  }

  #readLong(arg: string): void {
    const [name, value] = splitAtFirst(arg.slice(2), "=");
    if (name === "" || name.startsWith("-")) throw new FlagError(`bad flag syntax: ${arg}`);
    const flag = this.#find(name);
    if (flag === undefined) {
      if (name !== "help") throw new FlagError(`unknown flag: --${name}`);
      this.help = true;
      return;
    }
    this.#set(name, value ?? flag.bare ?? this.#take(`--${name}`));
  }

  #readShorts(arg: string): void {
    let letters = arg.slice(1);
    while (letters !== "" && !this.help) {
      const letter = letters.charAt(0);
      letters = this.#readShort(letter, letters.slice(1), arg);
    }
  }

  /** Returns the letters that are still to be read. */
  #readShort(letter: string, rest: string, arg: string): string {
    const name = this.#shorts.get(letter);
    const flag = name === undefined ? undefined : this.#find(name);
    if (name === undefined || flag === undefined) {
      if (letter !== "h") throw new FlagError(`unknown shorthand flag: '${letter}' in ${arg}`);
      this.help = true;
      return "";
    }
    if (rest.length > 1 && rest.startsWith("=")) this.#set(name, rest.slice(1));
    else if (flag.bare !== undefined) {
      this.#set(name, flag.bare);
      return rest;
    } else this.#set(name, rest === "" ? this.#take(`'${letter}' in ${arg}`) : rest);
    return "";
  }

  #take(who: string): string {
    const value = this.#rest.shift();
    if (value === undefined) throw new FlagError(`flag needs an argument: ${who}`);
    return value;
  }

  #set(written: string, value: string): void {
    const flag = this.#find(written);
    if (flag === undefined) return;
    const name = flag.aliasOf ?? written;
    try {
      this.values.set(name, flag.parse(value, this.values.get(name)));
    } catch (cause) {
      const names = flag.short === undefined ? `--${written}` : `-${flag.short}, --${written}`;
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `invalid argument ${JSON.stringify(value)} for "${names}" flag: ${reason}`;
      throw new FlagError(message, { cause });
    }
    this.given.add(name);
  }

  #find(name: string): Flag<unknown> | undefined {
    return Object.hasOwn(this.#table, name) ? this.#table[name] : undefined;
  }
}

/** The parts before and after the first separator; undefined after it where there is none. */
export function splitAtFirst(value: string, separator: string): [string, string | undefined] {
  const at = value.indexOf(separator);
  return at < 0 ? [value, undefined] : [value.slice(0, at), value.slice(at + separator.length)];
}
