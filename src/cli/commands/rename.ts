import { CommandError, command } from "../command.ts";

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
    const { containers } = await connect();
    await containers.rename(name, newName);
    return 0;
  },
});
