import { CommandError } from "./command.ts";
import type { CommandGroup } from "./command-group.ts";
import { suggest } from "./suggest.ts";
import { GROUPS, listRootCommands, PROGRAMS } from "./tree.ts";

/** Says that there is no such command, and which one may have been meant. */
export function unknownCommand(name: string, group?: CommandGroup): CommandError {
  const path = group === undefined ? "sampan" : `sampan ${group.name}`;
  const meant = suggest(name, group === undefined ? listRootNames() : listNames(group));
  const sections = [
    `sampan: unknown command: ${path} ${name}`,
    ...(meant.length === 0 ? [] : [`Did you mean this?\n${meant.map((m) => `\t${m}`).join("\n")}`]),
    `Run '${path} --help' for more information`,
  ];
  return new CommandError(sections.join("\n\n"));
}

function listNames(group: CommandGroup): readonly string[] {
  return group.entries.flatMap(({ names }) => names);
}

function listRootNames(): readonly string[] {
  const names = listRootCommands().map(([name]) => name);
  return [...names, ...GROUPS.map(({ name }) => name), ...PROGRAMS.map(({ name }) => name)];
}
