import { ImageApi } from "../../client/images.ts";
import type { HistoryEntry } from "../../client/wire.ts";
import { command } from "../command.ts";
import { bool, optionalText } from "../flags/flag.ts";
import { listFormat } from "../flags/shared-flags.ts";
import { printRows, type Row, type RowFormat } from "../format/print-rows.ts";
import { ellipsis, formatAge, formatSize, shortId } from "../format/units.ts";
import { encodePlatform } from "../run/platform.ts";

const HEADINGS = {
  ID: "IMAGE",
  CreatedAt: "CREATED AT",
  CreatedSince: "CREATED",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
} as const;

const FORMAT: RowFormat = {
  headings: HEADINGS,
  columns: ["ID", "CreatedSince", "CreatedBy", "Size", "Comment"],
};

export const history = command({
  usage: "[OPTIONS] IMAGE",
  operands: { min: 1, max: 1 },
  completes: "images",
  flags: {
    format: listFormat(),
    human: bool("Print sizes and dates in human readable format", { short: "H", initial: true }),
    "no-trunc": bool("Do not truncate output"),
    platform: optionalText('Show history of that variant, such as "linux/arm64"'),
    quiet: bool("Only show image IDs", { short: "q" }),
  },
  async run({ flags, operands, io, connect }) {
    const images = new ImageApi(await connect());
    const platform = flags.platform === undefined ? undefined : encodePlatform(flags.platform);
    const entries = await images.history(operands[0] ?? "", platform);
    const options = { truncate: !flags["no-trunc"], human: flags.human };
    const rows = entries.map((entry) => toRow(entry, options));
    await printRows(io, rows, {
      format: flags.human ? FORMAT : EXACT_FORMAT,
      written: flags.format,
      quiet: flags.quiet,
    });
    return 0;
  },
});

const EXACT_FORMAT: RowFormat = {
  headings: { ...HEADINGS, CreatedSince: "CREATED AT" },
  columns: FORMAT.columns,
};

function toRow(entry: HistoryEntry, options: { truncate: boolean; human: boolean }): Row {
  const createdAt = new Date(entry.Created * 1000).toISOString().replace(".000", "");
  const createdBy = entry.CreatedBy.replaceAll("\t", " ");
  return {
    ID: options.truncate ? shortId(entry.Id) : entry.Id,
    CreatedAt: createdAt,
    CreatedSince: options.human ? formatAge(entry.Created) || "N/A" : createdAt,
    CreatedBy: options.truncate ? ellipsis(createdBy, 45) : createdBy,
    Size: options.human ? formatSize(entry.Size, 3) : String(entry.Size),
    Comment: entry.Comment,
  };
}
