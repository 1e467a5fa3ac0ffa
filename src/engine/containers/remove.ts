import { EngineError } from "../../base/errors.ts";
import { endRestarting, noteUserStop } from "../life/end-by-user.ts";
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
  if (container.isPaused && !force) {
    const what = `cannot remove container "/${container.name}": container is paused`;
    throw new EngineError("conflict", `${what} and must be unpaused first`);
  }
  if (container.isActive && !force) {
    const state = container.pendingRestart === undefined ? "running" : "restarting";
    throw new EngineError(
      "conflict",
      `You cannot remove a ${state} container ${container.id}. ` +
        "Stop the container before attempting removal or force remove",
    );
  }
  // Not under the lock: the end of the program takes it.
  noteUserStop(context, container);
  await endRestarting(context, container);
  if (container.isRunning) await killAndWait(context, container, "remove");
  await container.lock.run(async () => {
    // With --rm its end has removed it meanwhile, and so may have another client.
    if (container.isRemoved) return;
    // Another client may have started it since it was killed.
    if (container.isActive) {
      throw new EngineError("conflict", `Container ${container.id} was started meanwhile`);
    }
    await destroyContainer(context, container, { volumes });
  });
}
