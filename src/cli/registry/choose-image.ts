import { parseImageName } from "../../client/image-name.ts";
import type { ImageName } from "../../client/wire.ts";
import { CommandError } from "../command.ts";
import { type Io, print } from "../io.ts";

interface ChoiceFlags {
  readonly "all-tags": boolean;
  readonly "disable-content-trust": boolean;
  readonly quiet: boolean;
}

/** The image that a pull or push is about; says which tag it has where none was written. */
export async function chooseImage(written: string, flags: ChoiceFlags, io: Io): Promise<ImageName> {
  if (!flags["disable-content-trust"]) throw new CommandError("content trust is not supported");
  const image = parseImageName(written);
  const isBare = image.tag === "" && image.digest === "";
  if (flags["all-tags"]) {
    if (!isBare) throw new CommandError("tag can't be used with --all-tags/-a");
    return image;
  }
  if (!isBare) return image;
  if (!flags.quiet) await print(io.stdout, "Using default tag: latest\n");
  return { ...image, tag: "latest" };
}
