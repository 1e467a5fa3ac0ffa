import { NetworkApi } from "../../client/networks.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { filter, listFormat } from "../flags/shared-flags.ts";
import { compareNaturally } from "../format/natural-order.ts";
import { NETWORK_FORMAT, toNetworkRow } from "../format/network-row.ts";
import { printRows } from "../format/print-rows.ts";

export const networkLs = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    filter: filter({ short: "f" }),
    format: listFormat(),
    "no-trunc": bool("Do not truncate the output"),
    quiet: bool("Only display network IDs", { short: "q" }),
  },
  async run({ flags, io, connect }) {
    const found = await new NetworkApi(await connect()).list(flags.filter);
    const sorted = found.toSorted((a, b) => compareNaturally(a.Name, b.Name));
    const rows = sorted.map((network) => toNetworkRow(network, !flags["no-trunc"]));
    // A format of one's own counts more than --quiet here.
    const written = flags.format === "table" ? "" : flags.format;
    const quiet = flags.quiet && written === "";
    await printRows(io, rows, { format: NETWORK_FORMAT, written, quiet });
    return 0;
  },
});
