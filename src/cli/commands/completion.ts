import { CommandError, command } from "../command.ts";
import { SCRIPTS } from "../completion/scripts.ts";
import { print } from "../io.ts";

export const completion = command({
  usage: "bash|zsh",
  operands: { min: 1, max: 1 },
  completes: "shells",
  flags: {},
  async run({ operands, io }) {
    const [shell = ""] = operands;
    if (shell !== "bash" && shell !== "zsh") {
      throw new CommandError(`no completion for "${shell}": must be one of "bash" or "zsh"`);
    }
    await print(io.stdout, SCRIPTS[shell]);
    return 0;
  },
});
