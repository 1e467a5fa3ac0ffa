import { VolumeApi } from "../../client/volumes.ts";
import { CommandError, command } from "../command.ts";
import { text } from "../flags/flag.ts";
import { openArchive } from "../read-archive.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";
import { refuseTerminal, writeArchive } from "../write-archive.ts";

export const exportVolume = command({
  usage: "[OPTIONS] VOLUME",
  operands: { min: 1, max: 1 },
  completes: "volumes",
  flags: { output: text("Write to a file, instead of STDOUT", { short: "o" }) },
  async run({ flags, operands, io, connect }) {
    await refuseTerminal(flags.output, "export", io);
    const [name = ""] = operands;
    const archive = await new VolumeApi(await connect()).export(name);
    await writeArchive(archive, flags.output, io);
    return 0;
  },
});

/** Like `import` of an image: a file, or `-`; but the volume has to be there. */
export const importVolume = command({
  usage: "VOLUME file|-",
  operands: { min: 1, max: 2 },
  completes: "volumes",
  flags: {},
  async run({ operands, io, connect }) {
    const [name = "", from = "-"] = operands;
    if (from === "-" && (await io.terminal.isTerminal("stdin"))) {
      throw new CommandError("requested import from stdin, but stdin is a terminal");
    }
    const archive = await openArchive(from, io);
    return abortOnInterrupt(io, async (signal) => {
      await new VolumeApi(await connect()).import(name, archive, { signal });
      return 0;
    });
  },
});
