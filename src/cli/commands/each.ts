import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";
import { describeError } from "../report-error.ts";

interface Action {
  act(operand: string): Promise<unknown>;
  /** Whether the command fails for that; it is told in any case. */
  isFailure?(error: unknown): boolean;
}

/** Does something to each operand, prints those it was done to, and fails if one failed. */
export async function forEachOperand(
  operands: readonly string[],
  io: Io,
  { act, isFailure = () => true }: Action,
): Promise<number> {
  const outcomes = await Promise.allSettled(operands.map(act));
  const errors: unknown[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "rejected") errors.push(outcome.reason);
    else await print(io.stdout, `${operands[index]}\n`);
  }
  if (errors.length === 0) return 0;
  throw new CommandError(errors.map(describeError).join("\n"), errors.some(isFailure) ? 1 : 0);
}
