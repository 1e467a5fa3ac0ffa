import { formatImageName } from "../../client/image-name.ts";
import { ImageApi } from "../../client/images.ts";
import { command } from "../command.ts";
import { bool, text } from "../flags/flag.ts";
import { print } from "../io.ts";
import { showProgress } from "../progress/show-progress.ts";
import { chooseImage } from "../registry/choose-image.ts";
import { findRegistryAuth } from "../registry/registry-auth.ts";
import { abortOnInterrupt } from "../terminal/interrupt.ts";

export const pull = command({
  usage: "[OPTIONS] NAME[:TAG|@DIGEST]",
  operands: { min: 1, max: 1 },
  completes: "images",
  flags: {
    "all-tags": bool("Download all tagged images in the repository", { short: "a" }),
    "disable-content-trust": bool("Skip image verification", { initial: true }),
    platform: text("Set platform if server is multi-platform capable"),
    quiet: bool("Suppress verbose output", { short: "q" }),
  },
  async run({ flags, operands, io, connect }) {
    const image = await chooseImage(operands[0] ?? "", flags, io);
    const platform = flags.platform || io.env["DOCKER_DEFAULT_PLATFORM"];
    return abortOnInterrupt(io, async (signal) => {
      const auth = await findRegistryAuth(image.registry, io);
      const images = new ImageApi(await connect({ start: true }));
      const lines = await images.pull(image, { auth, platform, signal });
      await showProgress(lines, io, { quiet: flags.quiet });
      await print(io.stdout, `${formatImageName(image)}\n`);
      return 0;
    });
  },
});
