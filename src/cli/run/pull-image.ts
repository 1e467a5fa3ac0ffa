import { ImageApi } from "../../client/images.ts";
import type { Transport } from "../../client/transport.ts";
import type { ProgressLine } from "../../client/wire.ts";
import { splitReference } from "../image-reference.ts";
import { type Io, print } from "../io.ts";
import type { CreateRequest } from "./create-container.ts";

/** Has the daemon fetch an image, and tells how it goes. */
export async function pullImage(
  transport: Transport,
  { image, flags }: Pick<CreateRequest, "image" | "flags">,
  io: Io,
): Promise<void> {
  const { repository, tag } = splitReference(image);
  const { DOCKER_DEFAULT_PLATFORM = "" } = io.env;
  const platform = flags.platform || DOCKER_DEFAULT_PLATFORM;
  const ref = { repository, tag: tag === "" ? "latest" : tag };
  for await (const line of await new ImageApi(transport).pull(ref, platform)) {
    const problem = line.errorDetail?.message ?? line.error;
    if (problem !== undefined) throw new Error(problem);
    if (!flags.quiet) await print(io.stderr, describe(line));
  }
}

/** Steps are told, bytes are not. */
function describe({ id, status, progress }: ProgressLine): string {
  if (status === undefined || progress !== undefined) return "";
  return id === undefined ? `${status}\n` : `${id}: ${status}\n`;
}
