import { ContainerApi } from "../../client/containers.ts";
import { command } from "../command.ts";
import { align } from "../format/align.ts";
import { print } from "../io.ts";

/** Docker's `top` has wider columns than its lists. */
const NARROWEST = 20;

export const top = command({
  usage: "CONTAINER [ps OPTIONS]",
  operands: { min: 1 },
  stopAtOperand: true,
  completes: ["running"],
  flags: {},
  async run({ operands, io, connect }) {
    const [container = "", ...options] = operands;
    const api = new ContainerApi(await connect());
    const { Titles, Processes } = await api.top(container, options.join(" "));
    const lines = [Titles, ...(Processes ?? [])].map((row) => row.join("\t"));
    await print(io.stdout, align(lines, NARROWEST));
    return 0;
  },
});
