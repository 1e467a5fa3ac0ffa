import { ContainerApi } from "../../client/containers.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { int } from "../flags/numbers.ts";
import { filter, listFormat } from "../flags/shared-flags.ts";
import { containerFormat, toContainerRow } from "../format/container-row.ts";
import { printRows } from "../format/print-rows.ts";

export const ps = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    all: bool("Show all containers (default shows just running)", { short: "a" }),
    filter: filter({ short: "f" }),
    format: listFormat(),
    last: int("Show n last created containers (includes all states)", { short: "n", initial: -1 }),
    latest: bool("Show the latest created container (includes all states)", { short: "l" }),
    "no-trunc": bool("Do not truncate output"),
    quiet: bool("Only display container IDs", { short: "q" }),
    size: bool("Display total file sizes", { short: "s" }),
  },
  async run({ flags, io, connect }) {
    const api = new ContainerApi(await connect());
    const last = flags.latest && flags.last === -1 ? 1 : flags.last;
    const size = flags.size || /\.Size\b/.test(flags.format);
    const containers = await api.list({
      all: flags.all,
      size,
      filters: flags.filter,
      ...(last > 0 ? { limit: last } : {}),
    });
    const rows = containers.map((container) => toContainerRow(container, !flags["no-trunc"]));
    await printRows(io, rows, {
      format: containerFormat({ size }),
      written: flags.format,
      quiet: flags.quiet,
    });
    return 0;
  },
});
