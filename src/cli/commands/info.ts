import { SystemApi } from "../../client/system.ts";
import { CLIENT_VERSION } from "../client-version.ts";
import { command } from "../command.ts";
import { format } from "../flags/shared-flags.ts";
import { formatServerInfo, listWarnings } from "../format/info-lines.ts";
import { asRecord } from "../format/json-object.ts";
import { printObject } from "../format/print-objects.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";

export const info = command({
  usage: "[OPTIONS]",
  operands: { min: 0, max: 0 },
  flags: { format: format({ short: "f" }) },
  async run({ flags, io, connect }) {
    const system = new SystemApi(await connect());
    if (flags.format !== "") {
      const server = asRecord(await system.info());
      return printObject(io, flags.format, { ...server, ClientInfo: { Version: CLIENT_VERSION } });
    }
    await print(io.stdout, `Client:\n Version:    ${CLIENT_VERSION}\n\nServer:\n`);
    try {
      const server = asRecord(await system.info());
      await print(io.stdout, formatServerInfo(server));
      await print(
        io.stderr,
        listWarnings(server)
          .map((line) => `${line}\n`)
          .join(""),
      );
      return 0;
    } catch (error) {
      await print(io.stderr, `${describeError(error)}\n`);
      return 1;
    }
  },
});
