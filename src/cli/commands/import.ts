import { ImageApi } from "../../client/images.ts";
import { CommandError, command } from "../command.ts";
import { list, text } from "../flags/flag.ts";
import { splitReference } from "../image-reference.ts";
import { print } from "../io.ts";
import { openArchive } from "../read-archive.ts";

export const importImage = command({
  usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
  operands: { min: 1, max: 2 },
  flags: {
    change: list("Apply Dockerfile instruction to the created image", { short: "c" }),
    message: text("Set commit message for imported image", { short: "m" }),
    platform: text("Set platform if server is multi-platform capable"),
  },
  async run({ flags, operands, io, connect }) {
    const [from = "", reference = ""] = operands;
    const remote = /^https?:\/\//.test(from);
    const archive = remote ? {} : { archive: await openArchive(from, io) };
    const images = new ImageApi(await connect({ start: true }));
    const lines = await images.import({
      source: remote ? from : "-",
      ...archive,
      ...splitReference(reference),
      message: flags.message,
      changes: flags.change,
      platform: flags.platform,
    });
    for await (const { status, error, errorDetail } of lines) {
      const problem = errorDetail?.message ?? error;
      if (problem !== undefined) throw new CommandError(problem);
      if (status !== undefined) await print(io.stdout, `${status}\n`);
    }
    return 0;
  },
});
