import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";
import { describeError } from "../report-error.ts";

/** Does something to each operand, prints those it was done to, and fails if one failed. */
export async function forEachOperand(
  operands: readonly string[],
  io: Io,
  act: (operand: string) => Promise<unknown>,
): Promise<number> {
  const outcomes = await Promise.allSettled(operands.map(act));
  const errors: string[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.status === "rejected") errors.push(describeError(outcome.reason));
    else await print(io.stdout, `${operands[index]}\n`);
  }
  if (errors.length > 0) throw new CommandError(errors.join("\n"));
  return 0;
}
