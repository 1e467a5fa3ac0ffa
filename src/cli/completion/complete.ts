import type { Transport } from "../../client/transport.ts";
import type { Command } from "../command.ts";
import type { CommandEntry } from "../command-group.ts";
import { makeConnect } from "../connect.ts";
import type { Completable, FlagTable, FlagValues } from "../flags/flag.ts";
import { FlagError, type ParsedFlags, parseFlags } from "../flags/parse-flags.ts";
import { GLOBAL_FLAGS } from "../global-flags.ts";
import { type Io, print } from "../io.ts";
import {
  findGroup,
  findInGroup,
  findRootCommand,
  GROUPS,
  listRootCommands,
  PROGRAMS,
} from "../tree.ts";
import { listNames } from "./names.ts";

/** Something that the word may become, and what it is. */
export type Candidate = readonly [value: string, about: string];

/** Prints what the last word may become, one a line with a tab before what it is. */
export async function complete(words: readonly string[], io: Io): Promise<number> {
  const found = await findCandidates(words, (globals) => makeConnect(globals, io)());
  const lines = found.map(([value, about]) => (about === "" ? value : `${value}\t${about}`));
  await print(io.stdout, lines.map((line) => `${line}\n`).join(""));
  return 0;
}

/** How completion gets at a daemon, for the names of what is there. */
export type Reach = (globals: FlagValues<typeof GLOBAL_FLAGS>) => Promise<Transport>;

/** What the last of the words may become. */
export async function findCandidates(
  words: readonly string[],
  reach: Reach,
): Promise<readonly Candidate[]> {
  const typed = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const globals = tryParse(GLOBAL_FLAGS, before, true);
  if (globals === undefined) return [];
  const candidates = await candidatesAfter(globals, typed, reach);
  return candidates.filter(([value]) => value.startsWith(typed));
}

async function candidatesAfter(
  globals: ParsedFlags<typeof GLOBAL_FLAGS>,
  typed: string,
  reach: Reach,
): Promise<readonly Candidate[]> {
  const [name, ...rest] = globals.operands;
  if (name === undefined) return typed.startsWith("-") ? listFlags(GLOBAL_FLAGS) : listRoot();
  const group = findGroup(name);
  if (group === undefined) {
    const entry = findRootCommand(name);
    return entry === undefined ? [] : completeCommand(entry, rest, { typed, reach, globals });
  }
  const [inGroup, ...args] = rest;
  if (inGroup === undefined) return group.entries.map(toCandidate);
  const entry = findInGroup(group, inGroup);
  return entry === undefined ? [] : completeCommand(entry, args, { typed, reach, globals });
}

interface Context {
  readonly typed: string;
  readonly reach: Reach;
  readonly globals: ParsedFlags<typeof GLOBAL_FLAGS>;
}

async function completeCommand(
  entry: CommandEntry,
  args: readonly string[],
  { typed, reach, globals }: Context,
): Promise<readonly Candidate[]> {
  const command = await entry.load();
  const stopAtOperand = command.stopAtOperand ?? false;
  const parsed = tryParse(command.flags, args, stopAtOperand);
  if (parsed === undefined) {
    // The word is the value of an option, or the line is wrong already: the shell offers files.
    const before = tryParse(command.flags, args.slice(0, -1), stopAtOperand);
    const kind = before === undefined ? undefined : valueKind(command.flags, args.at(-1) ?? "");
    return kind === undefined ? [] : listNames(kind, () => reach(globals.values));
  }
  const ended = command.stopAtOperand === true && parsed.operands.length > 0;
  if (typed.startsWith("-") && !ended) return listFlags(command.flags);
  const kind = operandKind(command, parsed.operands);
  if (kind === undefined) return [];
  const names = await listNames(kind, () => reach(globals.values));
  return names.filter(([name]) => !parsed.operands.includes(name));
}

/** A command that takes somebody else's command line only has names for its first operand. */
function operandKind(command: Command, operands: readonly string[]): Completable | undefined {
  const { completes, operands: limits, stopAtOperand } = command;
  const most = stopAtOperand === true ? 1 : (limits.max ?? Number.POSITIVE_INFINITY);
  if (operands.length >= most) return undefined;
  return typeof completes === "object" ? completes[operands.length] : completes;
}

function valueKind(flags: FlagTable, option: string): Completable | undefined {
  const found = Object.entries(flags).find(
    ([name, { short }]) =>
      option === `--${name}` || (short !== undefined && option === `-${short}`),
  );
  return found?.[1].completes;
}

function tryParse<F extends FlagTable>(
  flags: F,
  args: readonly string[],
  stopAtOperand: boolean,
): ParsedFlags<F> | undefined {
  try {
    return parseFlags(flags, args, { stopAtOperand });
  } catch (error) {
    if (error instanceof FlagError) return undefined;
    throw error;
  }
}

function listRoot(): readonly Candidate[] {
  const commands = listRootCommands().map(([name, { about }]) => [name, about] as const);
  const others = [...GROUPS, ...PROGRAMS].map(({ name, about }) => [name, about] as const);
  return [...commands, ...others].sort(([a], [b]) => (a < b ? -1 : 1));
}

function listFlags(flags: FlagTable): readonly Candidate[] {
  return Object.entries(flags)
    .filter(([, flag]) => flag.hidden !== true)
    .map(([name, { about }]) => [`--${name}`, about.split("\n")[0] ?? ""] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function toCandidate({ names, about }: CommandEntry): Candidate {
  return [names[0] ?? "", about];
}
