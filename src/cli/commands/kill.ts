import { ContainerApi } from "../../client/containers.ts";
import { command } from "../command.ts";
import { text } from "../flags/flag.ts";
import { forEachOperand } from "./each.ts";

export const kill = command({
  usage: "[OPTIONS] CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "running",
  flags: { signal: text("Signal to send to the container", { short: "s" }) },
  async run({ flags, operands, io, connect }) {
    const containers = new ContainerApi(await connect());
    return forEachOperand(operands, io, { act: (name) => containers.kill(name, flags.signal) });
  },
});
