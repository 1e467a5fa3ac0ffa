import { ImageApi } from "../../client/images.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { filter, listFormat } from "../flags/shared-flags.ts";
import { imageFormat, toImageRows } from "../format/image-row.ts";
import { printRows } from "../format/print-rows.ts";

export const images = command({
  usage: "[OPTIONS] [REPOSITORY[:TAG]]",
  operands: { min: 0, max: 1 },
  completes: "images",
  flags: {
    all: bool("Show all images (default hides intermediate images)", { short: "a" }),
    digests: bool("Show digests"),
    filter: filter({ short: "f" }),
    format: listFormat(),
    "no-trunc": bool("Do not truncate output"),
    quiet: bool("Only show image IDs", { short: "q" }),
  },
  async run({ flags, operands, io, connect }) {
    const api = new ImageApi(await connect());
    const [reference] = operands;
    const found = await api.list({
      all: flags.all,
      filters: reference === undefined ? flags.filter : { ...flags.filter, reference: [reference] },
    });
    const digests = flags.digests || /\.Digest\b/.test(flags.format);
    const rows = found.flatMap((image) =>
      toImageRows(image, { truncate: !flags["no-trunc"], digests }),
    );
    await printRows(io, rows, {
      format: imageFormat({ digests }),
      written: flags.format,
      quiet: flags.quiet,
    });
    return 0;
  },
});
