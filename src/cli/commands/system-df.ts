import { SystemApi } from "../../client/system.ts";
import { command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { listFormat } from "../flags/shared-flags.ts";
import { DISK_USAGE_FORMAT, toDiskUsageRows } from "../format/disk-usage.ts";
import { printRows } from "../format/print-rows.ts";
import { print } from "../io.ts";

export const systemDf = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: {
    format: listFormat(),
    verbose: bool("Show detailed information on space usage", { short: "v" }),
  },
  async run({ flags, io, connect }) {
    const usage = await new SystemApi(await connect()).diskUsage();
    if (!flags.verbose) {
      const rows = toDiskUsageRows(usage);
      await printRows(io, rows, {
        format: DISK_USAGE_FORMAT,
        written: flags.format,
        quiet: false,
      });
      return 0;
    }
    const { formatDetails, toDetails } = await import("../format/disk-usage-details.ts");
    if (flags.format === "" || flags.format === "table") {
      await print(io.stdout, await formatDetails(usage));
      return 0;
    }
    const { printObject } = await import("../format/print-objects.ts");
    return printObject(io, flags.format, toDetails(usage, false));
  },
});
