import { GLOBAL_FLAGS } from "./global-flags.ts";
import { describeFlags, describeRows } from "./help.ts";
import { COMMON_NAMES, GROUPS, listRootCommands, PROGRAMS } from "./tree.ts";

/** The help of `sampan` itself. */
export function describeRoot(columns: number): string {
  const rows = listRootCommands().map(([name, { about }]) => [name, about] as const);
  const common = COMMON_NAMES.flatMap((name) => rows.filter((row) => row[0] === name));
  const others = rows.filter(([name]) => !COMMON_NAMES.includes(name));
  const programs = PROGRAMS.map(({ name, about }) => [name, about] as const);
  const sections = [
    "Usage:  sampan [OPTIONS] COMMAND",
    "A container engine that shows what it does",
    describeRows("Common Commands", common),
    describeRows(
      "Management Commands",
      GROUPS.map(({ name, about }) => [name, about]),
    ),
    describeRows(
      "Commands",
      [...others, ...programs].sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    ...describeFlags("Global Options", GLOBAL_FLAGS, columns),
    "Run 'sampan COMMAND --help' for more information on a command.",
  ];
  return `${sections.join("\n\n")}\n`;
}
