import { existsSync } from "node:fs";
import { EngineError, explain } from "../../base/errors.ts";
import type { Running } from "../../runtime/model.ts";
import type { SnapshotPaths } from "../../store/snapshots.ts";
import { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { endedState, enterExited, vanishedState, watchExit } from "./exit.ts";
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
  await Promise.all(
    all.map(async (container) => {
      try {
        await container.lock.run(() => recoverContainer(context, container));
      } catch (cause) {
        context.report(explain(cause, `Cannot take up container "${container.name}"`));
      }
    }),
  );
  const known = new Set(all.map(({ id }) => id));
  await context.runtime.sweep((id) => known.has(id)).catch(context.report);
  const running = all.filter(({ isRunning }) => isRunning);
  context.network.releaseAllBut(running.map(({ id }) => id));
}

async function recoverContainer(context: Context, container: Container): Promise<void> {
  // The row is written before the files are made: create did not come to its end.
  if (container.paths === undefined) {
    await destroyContainer(context, container, { volumes: false });
    return;
  }
  const found = await context.runtime.recover(container.id);
  const wasRunning = container.record.state.status === "running";
  if (found !== undefined && "exited" in found) adopt(context, container, found);
  else if (found !== undefined) await enterExited(context, container, endedState(found));
  else if (wasRunning) await enterExited(context, container, vanishedState());
}

function adopt(context: Context, container: Container, running: Running): void {
  const { record } = container;
  container.running = running;
  if (record.endpoint.endpointId !== "") context.network.adopt(record.endpoint);
  watchExit(context, container, running);
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
