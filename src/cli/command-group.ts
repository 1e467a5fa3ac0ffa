import type { Command } from "./command.ts";

/** The commands by name, each loaded when it is called: what is not called costs no start-up time. */
export interface CommandEntry {
  /** The first is shown; the others are aliases. */
  readonly names: readonly string[];
  readonly about: string;
  readonly load: () => Promise<Command>;
}

export interface CommandGroup {
  readonly name: string;
  readonly about: string;
  readonly entries: readonly CommandEntry[];
}

/** A command of a group, with its aliases. */
export function entry(
  names: string | readonly string[],
  about: string,
  load: () => Promise<Command>,
): CommandEntry {
  return { names: typeof names === "string" ? [names] : names, about, load };
}
