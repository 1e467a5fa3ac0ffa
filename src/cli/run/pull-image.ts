import { parseImageName } from "../../client/image-name.ts";
import { ImageApi } from "../../client/images.ts";
import type { Transport } from "../../client/transport.ts";
import type { Io } from "../io.ts";
import { showProgress } from "../progress/show-progress.ts";
import { findRegistryAuth } from "../registry/registry-auth.ts";
import type { CreateRequest } from "./create-container.ts";

/** Has the daemon fetch an image, and tells how it goes. */
export async function pullImage(
  transport: Transport,
  { image, flags }: Pick<CreateRequest, "image" | "flags">,
  io: Io,
): Promise<void> {
  const name = parseImageName(image);
  const { DOCKER_DEFAULT_PLATFORM = "" } = io.env;
  const platform = flags.platform || DOCKER_DEFAULT_PLATFORM;
  const tag = name.digest === "" ? name.tag || "latest" : name.tag;
  const auth = await findRegistryAuth(name.registry, io);
  const lines = await new ImageApi(transport).pull({ ...name, tag }, { auth, platform });
  await showProgress(lines, io, { to: "stderr", quiet: flags.quiet });
}
