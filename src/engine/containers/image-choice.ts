import { statSync } from "node:fs";
import { EngineError } from "../../base/errors.ts";
import { EMPTY_RUNTIME_CONFIG } from "../../oci/image.ts";
import type { CreateRequest } from "../facade.ts";
import type { ContainerImage, Context } from "./context.ts";

/** How OCI names the architectures that the kernel names. */
const ARCHITECTURE: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** Finds the image of a request, checks its platform, and warns where it is another machine's. */
export function imageFor(
  { images, facts }: Context,
  { config, platform = "" }: CreateRequest,
): { readonly image: ContainerImage; readonly warning?: string } {
  if (config.host.rootfs !== undefined)
    return { image: directoryAsImage(config.host.rootfs, facts) };
  const image = images.find(config.image);
  if (image === undefined)
    throw new EngineError("not-found", `No such image: ${named(config.image)}`);
  if (platform !== "") checkPlatform(config.image, image, platform);

  const own = ARCHITECTURE[facts.architecture] ?? facts.architecture;
  if (platform !== "" || image.architecture === "" || image.architecture === own) return { image };
  const warning =
    `The requested image's platform (${image.os}/${image.architecture}) does not match the ` +
    `detected host platform (linux/${own}) and no specific platform was requested`;
  return { image, warning };
}

/** A directory says nothing of what runs in it. */
function directoryAsImage(path: string, facts: Context["facts"]): ContainerImage {
  const status = statSync(path, { throwIfNoEntry: false });
  if (status?.isDirectory() !== true) {
    throw new EngineError("invalid", `Cannot use "${path}" as a root: there is no such directory`);
  }
  const architecture = ARCHITECTURE[facts.architecture] ?? facts.architecture;
  const config = EMPTY_RUNTIME_CONFIG;
  return { id: "", config, os: "linux", architecture, variant: "", maxId: 65_535, lowers: [] };
}

function checkPlatform(ref: string, image: ContainerImage, platform: string): void {
  const [os = "", architecture = "", variant = ""] = platform.toLowerCase().split("/");
  const isIt =
    os === image.os &&
    (architecture === "" || architecture === image.architecture) &&
    (variant === "" || image.variant === "" || variant === image.variant);
  if (isIt) return;
  throw new EngineError(
    "not-found",
    `image with reference ${ref} was found but does not provide the specified platform (${platform})`,
  );
}

/** Docker's text has the tag, also where the user gave none. */
function named(ref: string): string {
  const last = ref.slice(ref.lastIndexOf("/") + 1);
  const isComplete = last.includes(":") || last.includes("@") || /^[0-9a-f]{12,64}$/.test(ref);
  return isComplete ? ref : `${ref}:latest`;
}
