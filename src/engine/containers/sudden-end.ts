import { setTimeout } from "node:timers/promises";
import type { Running } from "../../runtime/model.ts";

const PATIENCE_MS = 2000;

/**
 * Whether a program that seems to be gone has ended: its monitor may be about to say so. With a limit:
 * something else may be wrong, which is then told.
 */
export async function hasEnded({ exited }: Running): Promise<boolean> {
  const told = exited.then(
    () => true,
    () => true,
  );
  return await Promise.race([told, setTimeout(PATIENCE_MS, false, { ref: false })]);
}
