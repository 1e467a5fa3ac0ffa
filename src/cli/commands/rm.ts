import { ContainerApi } from "../../client/containers.ts";
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
    const containers = new ContainerApi(await connect());
    const remove = async (operand: string) => {
      const name = operand.replace(/^\/+/, "");
      if (name === "") throw new Error("Container name cannot be empty");
      await containers.remove(name, flags);
    };
    // With --force, a container that is not there is told but is no failure.
    const isFailure = (error: unknown) =>
      !(flags.force && error instanceof ApiError && error.status === 404);
    return forEachOperand(operands, io, { act: remove, isFailure });
  },
});
