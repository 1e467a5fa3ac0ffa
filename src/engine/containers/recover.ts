import { existsSync } from "node:fs";
import { EngineError, explain } from "../../base/errors.ts";
import type { Running } from "../../runtime/model.ts";
import type { SnapshotPaths } from "../../store/snapshots.ts";
import { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { endedState, enterExited, unstartedState, vanishedState, watchExit } from "./exit.ts";
import { keepLog } from "./log-keeping.ts";
import { fromRow } from "./record.ts";

/**
 * Takes up the containers that an earlier daemon left, in whatever state it left them: the monitors
 * know what became of them. What it did half is undone. A container that makes trouble is reported,
 * and does not keep the others from being taken up.
 */
export async function recoverContainers(context: Context): Promise<void> {
  const all: Container[] = [];
  for (const row of context.store.containers.list()) {
    const container = new Container(fromRow(row));
    container.paths = findPaths(context, row.id);
    context.containers.add(container);
    all.push(container);
  }
  const untaken = new Set<Container>();
  await Promise.all(
    all.map(async (container) => {
      try {
        await container.lock.run(() => recoverContainer(context, container));
      } catch (cause) {
        untaken.add(container);
        context.report(explain(cause, `Cannot take up container "${container.name}"`));
      }
    }),
  );
  const known = new Set(all.map(({ id }) => id));
  await context.runtime.sweep((id) => known.has(id)).catch(context.report);
  // What may run still has to keep what it runs with.
  const running = all.filter((container) => container.isRunning || untaken.has(container));
  const records = running.map(({ record }) => record);
  context.volumes.recover(records, context.report);
  context.networks.settle(records, context.report);
}

async function recoverContainer(context: Context, container: Container): Promise<void> {
  // The row comes before the files, and they have their name last: create did not come to its end.
  if (container.paths === undefined) {
    await destroyContainer(context, container, { volumes: true });
    return;
  }
  const found = await context.runtime.recover(container.id);
  const { status } = container.record.state;
  const wasRunning = status === "running" || status === "paused";
  if (found !== undefined && "exited" in found) await adopt(context, container, found);
  else if (found?.neverRan === true) await enterExited(context, container, unstartedState(found));
  else if (found !== undefined) await enterExited(context, container, endedState(found));
  else if (wasRunning) await enterExited(context, container, vanishedState());
  // A daemon that was killed while it started one may have made its cgroup.
  else await context.runtime.cleanup(container.id);
  // What it said last may not be where it is to be.
  if (!container.isRunning && !container.isRemoved) await keepLog(context, container, {});
}

async function adopt(context: Context, container: Container, running: Running): Promise<void> {
  const report = (cause: unknown) =>
    context.report(explain(cause, `Cannot take up all of container "${container.name}"`));
  const { observer } = context.runtime;
  const isFrozen = observer.isFrozen(container.id);
  // What nobody has been told to be paused stood still for a commit, or was about to be paused.
  if (isFrozen && !container.isPaused) await observer.thaw(container.id).catch(report);
  // It may have been let go on, and that not yet been noted.
  const status = isFrozen && container.isPaused ? "paused" : "running";
  const found = { ...container.record, state: { ...container.record.state, status } as const };
  container.record = found;
  container.running = running;
  watchExit(context, container, running);
  container.record = context.networks.adopt(container.record, report);
  await keepLog(context, container, { ended: running.exited });
}

function findPaths({ store }: Context, id: string): SnapshotPaths | undefined {
  try {
    const paths = store.snapshots.get(id);
    return existsSync(paths.upper) ? paths : undefined;
  } catch (error) {
    if (error instanceof EngineError && error.kind === "not-found") return undefined;
    throw error;
  }
}
