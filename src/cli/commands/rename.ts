import { ContainerApi } from "../../client/containers.ts";
import { CommandError, command } from "../command.ts";
import { describeError } from "../report-error.ts";

export const rename = command({
  usage: "CONTAINER NEW_NAME",
  operands: { min: 2, max: 2 },
  completes: "containers",
  flags: {},
  async run({ operands, connect }) {
    const [name = "", newName = ""] = operands.map((operand) => operand.trim());
    if (name === "" || newName === "") {
      throw new CommandError("Error: Neither old nor new names may be empty");
    }
    const containers = new ContainerApi(await connect());
    try {
      await containers.rename(name, newName);
    } catch (cause) {
      const summary = `Error: failed to rename container named ${name}`;
      throw new CommandError(`${describeError(cause)}\n${summary}`, 1, { cause });
    }
    return 0;
  },
});
