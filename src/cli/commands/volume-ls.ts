import { VolumeApi } from "../../client/volumes.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { filter, listFormat } from "../flags/shared-flags.ts";
import { compareNaturally } from "../format/natural-order.ts";
import { printRows } from "../format/print-rows.ts";
import { toVolumeRow, VOLUME_FORMAT } from "../format/volume-row.ts";

export const listVolumes = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    filter: filter({ short: "f" }),
    format: listFormat(),
    quiet: bool("Only display volume names", { short: "q" }),
  },
  async run({ flags, io, connect }) {
    const found = await new VolumeApi(await connect()).list(flags.filter);
    const { format: written, quiet } = flags;
    const sorted = found.toSorted((a, b) => compareNaturally(a.Name, b.Name));
    // What --quiet prints is the id, and that of a volume is its name.
    const rows = sorted.map((volume) => (quiet ? { ID: volume.Name } : toVolumeRow(volume)));
    await printRows(io, rows, {
      format: VOLUME_FORMAT,
      written,
      quiet,
    });
    return 0;
  },
});
