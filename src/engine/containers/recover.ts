import { existsSync } from "node:fs";
import { EngineError, explain } from "../../base/errors.ts";
import type { Running } from "../../runtime/model.ts";
import { Container } from "./container.ts";
import { type Context, rootOf } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { endedState, enterExited, vanishedState, watchExit } from "./exit.ts";
import { type ContainerRecord, fromRow } from "./record.ts";

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
  const running = context.containers.list().filter(({ isRunning }) => isRunning);
  context.network.releaseAllBut(running.map(({ id }) => id));
}

async function recoverContainer(context: Context, container: Container): Promise<void> {
  // The row is written before the files are made: create did not come to its end.
  if (!hasRoot(context, container.record)) {
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

function hasRoot(context: Context, record: ContainerRecord): boolean {
  try {
    return existsSync(rootOf(context, record).upper);
  } catch (error) {
    if (error instanceof EngineError && error.kind === "not-found") return false;
    throw error;
  }
}
