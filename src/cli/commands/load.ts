import { ImageApi } from "../../client/images.ts";
import { CommandError, command } from "../command.ts";
import { bool, optionalText, text } from "../flags/flag.ts";
import { showProgress } from "../progress/show-progress.ts";
import { openArchive } from "../read-archive.ts";
import { encodePlatform } from "../run/platform.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";

export const load = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    input: text("Read from tar archive file, instead of STDIN", { short: "i" }),
    platform: optionalText('Load only that variant, such as "linux/arm64"'),
    quiet: bool("Suppress the load output", { short: "q" }),
  },
  async run({ flags, io, connect }) {
    if (flags.input === "" && (await io.terminal.isTerminal("stdin"))) {
      throw new CommandError("requested load from stdin, but stdin is empty");
    }
    const archive = await openArchive(flags.input === "" ? "-" : flags.input, io);
    const platform = flags.platform === undefined ? undefined : encodePlatform(flags.platform);
    return abortOnInterrupt(io, async (signal) => {
      const images = new ImageApi(await connect({ start: true }));
      const quiet = flags.quiet || !(await io.terminal.isTerminal("stdout"));
      const lines = await images.load(archive, { quiet, platform, signal });
      await showProgress(lines, io);
      return 0;
    });
  },
});
