import type { Command } from "./command.ts";
import type { Flag, FlagTable } from "./flags/flag.ts";

/** What help says of a command beside its options. */
export interface CommandHelp {
  readonly about: string;
  /** Every way to call it, where there is more than one. */
  readonly aliases: readonly string[];
  readonly command: Pick<Command, "usage" | "flags">;
}

/** The help of one command. */
export function describeCommand(
  path: string,
  { about, aliases, command }: CommandHelp,
  columns: number,
): string {
  const sections = [
    `Usage:  ${path} ${command.usage}`.trimEnd(),
    about,
    ...(aliases.length === 0 ? [] : [`Aliases:\n  ${aliases.join(", ")}`]),
    ...describeFlags("Options", command.flags, columns),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** The help of a group of commands. */
export function describeGroup(
  path: string,
  { about, rows }: { about: string; rows: readonly (readonly [name: string, about: string])[] },
): string {
  const sections = [
    `Usage:  ${path} COMMAND`,
    about,
    describeRows("Commands", rows),
    `Run '${path} COMMAND --help' for more information on a command.`,
  ];
  return `${sections.join("\n\n")}\n`;
}

/** A titled list of names with what they are. */
export function describeRows(
  title: string,
  rows: readonly (readonly [name: string, about: string])[],
): string {
  const width = Math.max(11, ...rows.map(([name]) => name.length));
  return [`${title}:`, ...rows.map(([name, about]) => `  ${name.padEnd(width)} ${about}`)].join(
    "\n",
  );
}

/** The options of a table, one section or none. */
export function describeFlags(title: string, table: FlagTable, columns: number): readonly string[] {
  const shown = Object.entries(table)
    .filter(([, flag]) => flag.hidden !== true)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (shown.length === 0) return [];
  const heads = shown.map(([name, flag]) => flagHead(name, flag));
  const indent = Math.max(...heads.map((head) => head.length)) + 3;
  const lines = shown.map(([, flag], index) => {
    const head = (heads[index] ?? "").padEnd(indent);
    const suffix = flag.shownDefault === undefined ? "" : ` (default ${flag.shownDefault})`;
    return head + wrap(flag.about + suffix, indent, columns - 1);
  });
  return [[`${title}:`, ...lines].join("\n")];
}

function flagHead(name: string, { short, label }: Flag<unknown>): string {
  const names = short === undefined ? `      --${name}` : `  -${short}, --${name}`;
  return label === "" ? names : `${names} ${label}`;
}

const NARROWEST = 24;
/** A last word that sticks out by no more than this stays on its line. */
const SLOP = 5;

function wrap(text: string, indent: number, columns: number): string {
  const width = Math.max(columns - indent, NARROWEST) - SLOP;
  const margin = `\n${" ".repeat(indent)}`;
  const lines: string[] = [];
  let rest = text;
  while (rest !== "") {
    const [line, left] = takeLine(rest, width);
    lines.push(line);
    rest = left;
  }
  return lines.join(margin);
}

function takeLine(text: string, width: number): readonly [line: string, rest: string] {
  const newline = text.indexOf("\n");
  if (newline >= 0 && newline <= width) return [text.slice(0, newline), text.slice(newline + 1)];
  if (text.length <= width + SLOP) return [text, ""];
  const space = text.lastIndexOf(" ", width - 1);
  return space <= 0 ? [text, ""] : [text.slice(0, space), text.slice(space + 1)];
}
