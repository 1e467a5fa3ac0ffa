import { explain } from "../../base/errors.ts";
import { volumesOf } from "../volumes/volume-events.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";

/**
 * Takes a container out of the world; the caller holds its lock. The row goes first: what a crash
 * leaves after it is found at the next start, because no row asks for it.
 */
export async function destroyContainer(
  context: Context,
  container: Container,
  { volumes }: { readonly volumes: boolean },
): Promise<void> {
  const { record } = container;
  container.isRemoved = true;
  container.record = { ...record, state: { ...record.state, status: "removing" } };
  context.store.transaction(() => {
    context.store.idRanges.remove(record.id);
    context.store.containers.remove(record.id);
  });
  await container.logKeeping?.stop();
  try {
    await context.store.snapshots.remove(record.id);
  } finally {
    for (const session of container.waitingSessions) session.cancel();
    context.containers.remove(container);
    if (volumes) removeAnonymousVolumes(context, record.mounts);
    context.runtime.forget(record.id);
    context.events.publish(containerEvent(record, "destroy"));
    container.tellRemoved();
    // The kernel takes its time to give up cgroups, and nobody needs to wait for that.
    await context.runtime.cleanup(record.id).catch((cause) => {
      throw explain(cause, `Cannot remove all of container "${record.name}"`);
    });
  }
}

/** Those that no other container has, by --volumes-from. */
function removeAnonymousVolumes(
  { volumes, report }: Context,
  mounts: Container["record"]["mounts"],
): void {
  for (const { source, anonymous } of volumesOf(mounts)) {
    try {
      if (anonymous) volumes.removeUnused(source);
    } catch (cause) {
      report(explain(cause, `Cannot remove volume "${source}"`));
    }
  }
}
