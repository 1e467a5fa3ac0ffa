import { ApiError } from "../../client/errors.ts";
import { NetworkApi } from "../../client/networks.ts";
import { CommandError, command } from "../command.ts";
import { bool } from "../flags/flag.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";

export const networkRm = command({
  usage: "NETWORK [NETWORK...]",
  operands: { min: 1 },
  completes: "networks",
  flags: { force: bool("Do not error if the network does not exist", { short: "f" }) },
  async run({ flags, operands, io, connect }) {
    const networks = new NetworkApi(await connect());
    const errors: unknown[] = [];
    for (const name of operands) {
      try {
        await networks.remove(name);
        await print(io.stdout, `${name}\n`);
      } catch (error) {
        const isGone = error instanceof ApiError && error.status === 404;
        if (!(flags.force && isGone)) errors.push(error);
      }
    }
    if (errors.length === 0) return 0;
    throw new CommandError(errors.map(describeError).join("\n"));
  },
});
