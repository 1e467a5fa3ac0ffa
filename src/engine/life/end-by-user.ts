import type { Container } from "../containers/container.ts";
import type { Context } from "../containers/context.ts";
import { toRow } from "../containers/record.ts";

/** Notes that a user wants a container to end: no policy is to start it again. */
export function noteUserStop(context: Context, container: Container): void {
  const { record } = container;
  if (record.wasStoppedByUser === true || container.isRemoved || !container.isActive) return;
  container.record = { ...record, wasStoppedByUser: true };
  // Its end may be noted by another daemon. Without a policy it makes no difference.
  if (record.config.host.restart !== undefined) {
    context.store.containers.update(toRow(container.record));
  }
}

/**
 * Has a container that waits for its restart stay ended, after a start that is under way. False: it
 * did not wait, or has been started.
 */
export async function endRestarting(context: Context, container: Container): Promise<boolean> {
  if (container.pendingRestart === undefined) return false;
  return await container.lock.run(async () => {
    if (container.pendingRestart === undefined || container.isRemoved) return false;
    stayEnded(context, container);
    return true;
  });
}

/** Has a container that waits for its restart stay ended; the caller holds its lock. */
export function stayEnded(context: Context, container: Container): void {
  const { record } = container;
  container.pendingRestart = undefined;
  container.record = { ...record, state: { ...record.state, status: "exited" } };
  context.store.containers.update(toRow(container.record));
  context.supervision.ended(container);
  container.tellExit();
}
