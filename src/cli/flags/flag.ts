/** Kinds of name that a shell can complete. */
export type Completable =
  | "containers"
  | "running"
  | "stopped"
  | "images"
  | "networks"
  | "volumes"
  | "objects"
  | "shells";

/** An option of a command: how it reads its value, and what help says of it. */
export interface Flag<T> {
  readonly short?: string;
  /** The kind of value that help shows after the name; empty for a switch. */
  readonly label: string;
  readonly about: string;
  /** The value where the option is not given. */
  readonly initial: T;
  /** What help calls the default, where it says so. */
  readonly shownDefault?: string;
  /** The value of the bare option; without one, the next argument is the value. */
  readonly bare?: string;
  readonly hidden?: boolean;
  /** What the shell offers as its value. */
  readonly completes?: Completable;
  /** The option whose other name this is. */
  readonly aliasOf?: string;
  /** Reads one value, given what the option held before; throws an Error that says what is wrong. */
  parse(text: string, before: T): T;
}

/** Options by their long name. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** What the options of a table hold after parsing. */
export type FlagValues<F extends FlagTable> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

/** What help says of an option beside its sentence. */
export interface FlagNotes {
  readonly short?: string;
  readonly label?: string;
  readonly shownDefault?: string;
  readonly hidden?: boolean;
  readonly completes?: Completable;
}

/** A switch: `--x`, `--x=false`. */
export function bool(about: string, notes: FlagNotes & { initial?: boolean } = {}): Flag<boolean> {
  const { initial = false, ...rest } = notes;
  const shownDefault = initial ? { shownDefault: "true" } : {};
  return { label: "", about, initial, bare: "true", parse: parseBool, ...shownDefault, ...rest };
}

/** A switch that can also be left open. */
export function triState(about: string, notes: FlagNotes = {}): Flag<boolean | undefined> {
  return { label: "", about, initial: undefined, bare: "true", parse: parseBool, ...notes };
}

/** A text; the last one given counts. */
export function text(about: string, notes: FlagNotes & { initial?: string } = {}): Flag<string> {
  const { initial = "", ...rest } = notes;
  const shownDefault = initial === "" ? {} : { shownDefault: JSON.stringify(initial) };
  return { label: "string", about, initial, parse: (value) => value, ...shownDefault, ...rest };
}

/** A text that tells "not given" from "given empty". */
export function optionalText(about: string, notes: FlagNotes = {}): Flag<string | undefined> {
  return { label: "string", about, initial: undefined, parse: (value) => value, ...notes };
}

/** Texts, in the order given. */
export function list(about: string, notes: FlagNotes = {}): Flag<readonly string[]> {
  return checkedList(about, (value) => value, notes);
}

/** Values, each read by the parser, in the order given. */
export function checkedList<T>(
  about: string,
  parse: (text: string) => T,
  notes: FlagNotes = {},
): Flag<readonly T[]> {
  return {
    label: "list",
    about,
    initial: [],
    parse: (value, before) => [...before, parse(value)],
    ...notes,
  };
}

/** One value, read by the parser; undefined where it is not given. */
export function optional<T>(
  about: string,
  parse: (text: string) => T,
  notes: FlagNotes = {},
): Flag<T | undefined> {
  return { label: "string", about, initial: undefined, parse: (value) => parse(value), ...notes };
}

/** A second name of an option. Help does not show it. */
export function alias<T>(name: string, flag: Flag<T>): Flag<T> {
  const { short: _, ...rest } = flag;
  return { ...rest, hidden: true, aliasOf: name };
}

const TRUE = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE = ["0", "f", "F", "false", "FALSE", "False"];

function parseBool(value: string): boolean {
  if (TRUE.includes(value)) return true;
  if (FALSE.includes(value)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}
