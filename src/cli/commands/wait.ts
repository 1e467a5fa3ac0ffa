import { ContainerApi } from "../../client/containers.ts";
import { CommandError, command } from "../command.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";

export const wait = command({
  usage: "CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "running",
  flags: {},
  async run({ operands, io, connect }) {
    const containers = new ContainerApi(await connect());
    const errors: string[] = [];
    for (const name of operands) {
      try {
        const { exit } = await containers.wait(name, "not-running");
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
