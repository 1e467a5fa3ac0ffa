import { ImageApi } from "../../client/images.ts";
import { command } from "../command.ts";
import { splitReference } from "../image-reference.ts";

export const tag = command({
  usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
  operands: { min: 2, max: 2 },
  completes: "images",
  flags: {},
  async run({ operands, connect }) {
    const [source = "", target = ""] = operands;
    const images = new ImageApi(await connect());
    await images.tag(source, splitReference(target));
    return 0;
  },
});
