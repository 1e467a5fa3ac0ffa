import { VolumeApi } from "../../client/volumes.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { forEachOperand } from "./each.ts";

export const removeVolumes = command({
  usage: "[OPTIONS] VOLUME [VOLUME...]",
  operands: { min: 1 },
  completes: "volumes",
  flags: { force: bool("Force the removal of one or more volumes", { short: "f" }) },
  async run({ flags, operands, io, connect }) {
    const volumes = new VolumeApi(await connect());
    return forEachOperand(operands, io, { act: (name) => volumes.remove(name, flags) });
  },
});
