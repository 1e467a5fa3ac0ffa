import { ImageApi } from "../../client/images.ts";
import { CommandError, command } from "../command.ts";
import { optionalText, text } from "../flags/flag.ts";
import type { Output } from "../io.ts";
import { resolvePath } from "../paths.ts";
import { encodePlatform } from "../run/platform.ts";

export const save = command({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  operands: { min: 1 },
  completes: "images",
  flags: {
    output: text("Write to a file, instead of STDOUT", { short: "o" }),
    platform: optionalText('Save only that variant, such as "linux/arm64"'),
  },
  async run({ flags, operands, io, connect }) {
    if (flags.output === "" && (await io.terminal.isTerminal("stdout"))) {
      throw new CommandError(
        "cowardly refusing to save to a terminal. Use the -o flag or redirect",
      );
    }
    const images = new ImageApi(await connect());
    const platform = flags.platform === undefined ? undefined : encodePlatform(flags.platform);
    const archive = await images.save(operands, platform);
    if (flags.output === "") await copyTo(io.stdout, archive);
    else await writeFile(resolvePath(flags.output, io), archive);
    return 0;
  },
});

async function copyTo(output: Output, { body }: Response): Promise<void> {
  if (body === null) return;
  for await (const chunk of body) {
    output.write(chunk);
    await output.flush();
  }
}

/** The file appears under its name only when it is whole. */
async function writeFile(path: string, archive: Response): Promise<void> {
  const { rename, unlink } = await import("node:fs/promises");
  const temporary = `${path}.sampan-${crypto.randomUUID()}`;
  try {
    await Bun.write(temporary, archive);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined); // It may not even have been made.
    throw error;
  }
}
