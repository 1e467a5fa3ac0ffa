import { EngineError } from "../../base/errors.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { killAndWait } from "./stop.ts";

/** What else goes with a container. */
export interface RemoveOptions {
  readonly force: boolean;
  /** Its anonymous volumes too. */
  readonly volumes: boolean;
}

/** Removes a container; one that runs only by force. */
export async function removeContainer(
  context: Context,
  container: Container,
  { force, volumes }: RemoveOptions,
): Promise<void> {
  if (container.isRunning && !force) {
    throw new EngineError(
      "conflict",
      `You cannot remove a running container ${container.id}. ` +
        "Stop the container before attempting removal or force remove",
    );
  }
  // Not under the lock: the end of the program takes it.
  if (container.isRunning) await killAndWait(context, container);
  await container.lock.run(async () => {
    // With --rm its end has removed it meanwhile, and so may have another client.
    if (container.isRemoved) return;
    // Another client may have started it since it was killed.
    if (container.isRunning) {
      throw new EngineError("conflict", `Container ${container.id} was started meanwhile`);
    }
    await destroyContainer(context, container, { volumes });
  });
}
