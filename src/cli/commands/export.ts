import { ContainerFileApi } from "../../client/container-files.ts";
import { command } from "../command.ts";
import { text } from "../flags/flag.ts";
import { refuseTerminal, writeArchive } from "../write-archive.ts";

export const exportContainer = command({
  usage: "[OPTIONS] CONTAINER",
  operands: { min: 1, max: 1 },
  completes: "containers",
  flags: { output: text("Write to a file, instead of STDOUT", { short: "o" }) },
  async run({ flags, operands, io, connect }) {
    await refuseTerminal(flags.output, "save", io);
    const archive = await new ContainerFileApi(await connect()).export(operands[0] ?? "");
    await writeArchive(archive, flags.output, io);
    return 0;
  },
});
