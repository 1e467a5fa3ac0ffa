import { type Command, CommandError } from "./command.ts";
import type { FlagTable } from "./flags/flag.ts";
import { FlagError, type ParsedFlags, parseFlags } from "./flags/parse-flags.ts";

/** What a mistake in the options exits with. */
const FLAG_EXIT = 125;

/** What of a command decides how its line is read, and what is said of a mistake in it. */
export interface CommandLine {
  readonly path: string;
  readonly usage: string;
  readonly stopAtOperand?: boolean;
  readonly operands?: Command["operands"];
}

/** Reads a command line; a mistake is told with the usage of the command that was meant. */
export function parseOrExplain<F extends FlagTable>(
  flags: F,
  args: readonly string[],
  line: CommandLine,
): ParsedFlags<F> {
  try {
    const parsed = parseFlags(flags, args, { stopAtOperand: line.stopAtOperand ?? false });
    if (!parsed.help) checkOperands(line, parsed.operands.length);
    return parsed;
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    throw usageError(error.message, line, FLAG_EXIT);
  }
}

/** A command line that the command cannot take; the message ends with where to read more. */
function usageError(reason: string, { path, usage }: CommandLine, exitCode: number): CommandError {
  const hint = `Run '${path} --help' for more information`;
  const line = `${path} ${usage}`.trimEnd();
  return new CommandError(`${reason}\n\nUsage:  ${line}\n\n${hint}`, exitCode);
}

function checkOperands(line: CommandLine, count: number): void {
  const { min, max } = line.operands ?? { min: 0 };
  if (count >= min && count <= (max ?? count)) return;
  const problem = `sampan: '${line.path}' ${describeOperands(min, max)}`;
  throw usageError(problem, line, 1);
}

function describeOperands(min: number, max: number | undefined): string {
  const limit = max ?? min;
  const noun = limit === 1 ? "argument" : "arguments";
  if (max === 0) return "accepts no arguments";
  if (min === max) return `requires ${min} ${noun}`;
  if (max === undefined) return `requires at least ${min} ${noun}`;
  return min === 0
    ? `requires at most ${max} ${noun}`
    : `requires at least ${min} and at most ${max} ${noun}`;
}
