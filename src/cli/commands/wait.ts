import { ContainerApi } from "../../client/containers.ts";
import { CommandError, command } from "../command.ts";
import { optional } from "../flags/flag.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";

const CONDITIONS = ["not-running", "next-exit", "removed", "healthy"] as const;

export const wait = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "running",
  flags: {
    condition: optional("What to wait for (not-running|next-exit|removed|healthy)", parseCondition),
  },
  async run({ flags, operands, io, connect }) {
    const containers = new ContainerApi(await connect());
    const errors: string[] = [];
    for (const name of operands) {
      try {
        const { exit } = await containers.wait(name, flags.condition ?? "not-running");
        const { StatusCode, Error: problem } = await exit;
        if (problem?.Message) errors.push(problem.Message);
        else await print(io.stdout, `${StatusCode}\n`);
      } catch (error) {
        errors.push(describeError(error));
      }
    }
    if (errors.length > 0) throw new CommandError(errors.join("\n"));
    return 0;
  },
});

function parseCondition(text: string): (typeof CONDITIONS)[number] {
  const condition = CONDITIONS.find((known) => known === text);
  if (condition !== undefined) return condition;
  throw new Error(`want one of ${CONDITIONS.join(", ")}`);
}
