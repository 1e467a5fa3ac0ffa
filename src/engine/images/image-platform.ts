import { EngineError } from "../../base/errors.ts";
import { fitsPlatform, formatPlatform, type Platform } from "../../oci/platform.ts";
import type { ImageRow } from "../../store/image-records.ts";
import { configOf } from "./image-configs.ts";

/** Refuses an image that is for another platform than the one that was asked for, if one was. */
export function checkPlatform(
  image: Pick<ImageRow, "id" | "config">,
  ref: string,
  wanted: Platform | undefined,
): void {
  if (wanted === undefined) return;
  const { os, architecture, variant } = configOf(image);
  const actual = { os, architecture, variant };
  if (fitsPlatform(actual, wanted)) return;
  throw new EngineError(
    "not-found",
    `image with reference ${ref} was found but does not match the specified platform: ` +
      `wanted ${formatPlatform(wanted)}, actual: ${formatPlatform(actual)}`,
  );
}
