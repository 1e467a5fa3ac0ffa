import { VolumeApi } from "../../client/volumes.ts";
import { CommandError, command } from "../command.ts";
import { list, text } from "../flags/flag.ts";
import { print } from "../io.ts";
import { pairs, toPairs } from "../run/pairs.ts";

export const createVolume = command({
  usage: "[OPTIONS] [VOLUME]",
  operands: { min: 0, max: 1 },
  flags: {
    driver: text("Specify volume driver name", { short: "d", initial: "local" }),
    label: list("Set metadata for a volume"),
    name: text("Specify volume name", { hidden: true }),
    opt: pairs("Set driver specific options", undefined, { short: "o" }),
  },
  async run({ flags, operands, io, connect }) {
    const [operand] = operands;
    if (operand !== undefined && flags.name !== "") {
      throw new CommandError(
        "conflicting options: cannot specify a volume-name through both --name and as a positional arg",
      );
    }
    const volumes = new VolumeApi(await connect({ start: true }));
    const { Name } = await volumes.create({
      name: operand ?? flags.name,
      driver: flags.driver,
      options: flags.opt,
      labels: toPairs(flags.label),
    });
    await print(io.stdout, `${Name}\n`);
    return 0;
  },
});
