import { ApiError } from "../../client/errors.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { forEachOperand } from "./each.ts";

export const rm = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "containers",
  flags: {
    force: bool("Force the removal of a running container (uses SIGKILL)", { short: "f" }),
    link: bool("Remove the specified link", { short: "l" }),
    volumes: bool("Remove anonymous volumes associated with the container", { short: "v" }),
  },
  async run({ flags, operands, io, connect }) {
    const { containers } = await connect();
    return forEachOperand(operands, io, async (operand) => {
      const name = operand.replace(/^\/+/, "");
      if (name === "") throw new Error("Container name cannot be empty");
      try {
        await containers.remove(name, flags);
      } catch (error) {
        // With --force, gone is what was asked for.
        const gone = flags.force && error instanceof ApiError && error.status === 404;
        if (!gone) throw error;
      }
    });
  },
});
