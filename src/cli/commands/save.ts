import { ImageApi } from "../../client/images.ts";
import { command } from "../command.ts";
import { optionalText, text } from "../flags/flag.ts";
import { encodePlatform } from "../run/platform.ts";
import { refuseTerminal, writeArchive } from "../write-archive.ts";

export const save = command({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  operands: { min: 1 },
  completes: "images",
  flags: {
    output: text("Write to a file, instead of STDOUT", { short: "o" }),
    platform: optionalText('Save only that variant, such as "linux/arm64"'),
  },
  async run({ flags, operands, io, connect }) {
    await refuseTerminal(flags.output, "save", io);
    const images = new ImageApi(await connect());
    const platform = flags.platform === undefined ? undefined : encodePlatform(flags.platform);
    const archive = await images.save(operands, platform);
    await writeArchive(archive, flags.output, io);
    return 0;
  },
});
