import { ApiError } from "../../client/errors.ts";
import { ImageApi } from "../../client/images.ts";
import { CommandError, command } from "../command.ts";
import { bool, list } from "../flags/flag.ts";
import { print } from "../io.ts";
import { describeError } from "../report-error.ts";
import { encodePlatform } from "../run/platform.ts";

export const rmi = command({
  usage: "[OPTIONS] IMAGE [IMAGE...]",
  operands: { min: 1 },
  completes: "images",
  flags: {
    force: bool("Force removal of the image", { short: "f" }),
    "no-prune": bool("Do not delete untagged parents"),
    platform: list('Remove only that variant, such as "linux/arm64"', { label: "strings" }),
  },
  async run({ flags, operands, io, connect }) {
    const images = new ImageApi(await connect());
    const platforms = flags.platform.flatMap((one) => one.split(",")).map(encodePlatform);
    const options = { force: flags.force, noprune: flags["no-prune"], platforms };
    const errors: unknown[] = [];
    for (const name of operands) {
      try {
        for (const { Untagged, Deleted } of await images.remove(name, options)) {
          const line = Deleted === undefined ? `Untagged: ${Untagged}` : `Deleted: ${Deleted}`;
          await print(io.stdout, `${line}\n`);
        }
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 0) return 0;
    const message = errors.map(describeError).join("\n");
    // With --force, images that are not there are told but are no failure.
    const allGone = errors.every((error) => error instanceof ApiError && error.status === 404);
    throw new CommandError(message, flags.force && allGone ? 0 : 1);
  },
});
