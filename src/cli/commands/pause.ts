import { ContainerApi } from "../../client/containers.ts";
import { command } from "../command.ts";
import { forEachOperand } from "./each.ts";

export const pause = command({
  usage: "CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "running",
  flags: {},
  async run({ operands, io, connect }) {
    const containers = new ContainerApi(await connect());
    return forEachOperand(operands, io, { act: (name) => containers.pause(name) });
  },
});

export const unpause = command({
  usage: "CONTAINER [CONTAINER...]",
  operands: { min: 1 },
  completes: "containers",
  flags: {},
  async run({ operands, io, connect }) {
    const containers = new ContainerApi(await connect());
    return forEachOperand(operands, io, { act: (name) => containers.unpause(name) });
  },
});
