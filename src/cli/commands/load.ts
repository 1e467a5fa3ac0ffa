import { ImageApi } from "../../client/images.ts";
import type { ProgressLine } from "../../client/wire.ts";
import { CommandError, command } from "../command.ts";
import { bool, optionalText, text } from "../flags/flag.ts";
import { type Io, print } from "../io.ts";
import { openArchive } from "../read-archive.ts";
import { encodePlatform } from "../run/platform.ts";

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
    const images = new ImageApi(await connect({ start: true }));
    await showProgress(io, await images.load(archive, { quiet: flags.quiet, platform }));
    return 0;
  },
});

/** Prints what the daemon says; an error in the stream is the command's. */
async function showProgress(io: Io, lines: AsyncIterable<ProgressLine>): Promise<void> {
  for await (const { stream, error, errorDetail } of lines) {
    const problem = errorDetail?.message ?? error;
    if (problem !== undefined) throw new CommandError(problem);
    if (stream !== undefined) await print(io.stdout, stream);
  }
}
