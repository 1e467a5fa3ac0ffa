import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { explain } from "../../base/errors.ts";
import { formatTime } from "../../base/time.ts";
import type { Running } from "../../runtime/model.ts";
import { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { endedState, enterExited, vanishedState, watchExit } from "./exit.ts";
import { fromRow, toRow } from "./record.ts";

/**
 * Takes up the containers that an earlier daemon left, in whatever state it left them: the monitors
 * know what became of them. What it did half is undone. A container that makes trouble is reported,
 * and does not keep the others from being taken up.
 */
export async function recoverContainers(context: Context): Promise<void> {
  for (const row of context.store.containers.list()) {
    context.containers.add(new Container(fromRow(row)));
  }
  await Promise.all(
    context.containers.list().map(async (container) => {
      try {
        await container.lock.run(() => recoverContainer(context, container));
      } catch (cause) {
        context.report(explain(cause, `Cannot take up container "${container.name}"`));
      }
    }),
  );
  removeLeftovers(context);
}

async function recoverContainer(context: Context, container: Container): Promise<void> {
  // The row was written before the files were made: create did not come to its end.
  if (context.snapshots.find(container.id) === undefined) {
    await destroyContainer(context, container, { volumes: false });
    return;
  }
  const found = await context.runtime.recover(container.id);
  const wasRunning = container.record.state.status === "running";
  if (found !== undefined && "exited" in found) adopt(context, container, found);
  else if (found !== undefined) await enterExited(context, container, endedState(found));
  else if (wasRunning) await enterExited(context, container, vanishedState());
  else await context.network.release(container.id);
}

/** Its row may be older than the program: the daemon can end between the start and the writing. */
function adopt(context: Context, container: Container, running: Running): void {
  const { record } = container;
  container.running = running;
  container.record = {
    ...record,
    state: {
      ...record.state,
      status: "running",
      pid: running.pid,
      exitCode: 0,
      error: "",
      startedAt: formatTime(running.startedAtNs),
    },
  };
  context.store.containers.update(toRow(container.record));
  watchExit(context, container, running);
}

/** Directories that no row asks for: their containers were being removed. */
function removeLeftovers({ store, containers, report }: Context): void {
  const directory = join(store.dataRoot, "containers");
  for (const name of namesIn(directory)) {
    if (containers.find(name) !== undefined) continue;
    try {
      rmSync(join(directory, name), { recursive: true, force: true });
    } catch (cause) {
      report(explain(cause, `Cannot remove what is left of container ${name}`));
    }
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    // No container was ever started.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
