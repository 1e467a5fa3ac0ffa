import { EngineError, explain } from "../../base/errors.ts";
import { type Container, notRunning } from "../containers/container.ts";
import { containerEvent } from "../containers/container-events.ts";
import type { Context } from "../containers/context.ts";
import { toRow } from "../containers/record.ts";
import type { Status } from "../model.ts";

/** Halts all processes of a container. */
export async function pauseContainer(context: Context, container: Container): Promise<void> {
  await container.lock.run(async () => {
    const { pid } = container.requireProgram();
    if (container.isPaused) {
      throw new EngineError("conflict", `Container ${container.id} is already paused`);
    }
    const sent = container.sentSignals;
    await freeze(context, container, pid);
    enter(context, container, "paused");
    context.events.publish(containerEvent(container.record, "pause"));
    // Who sent a signal meanwhile did not find it paused, and it would hear of nothing.
    if (container.sentSignals !== sent) await thaw(context, container);
  });
}

async function freeze({ runtime }: Context, { id }: Container, pid: number): Promise<void> {
  const { observer } = runtime;
  try {
    await observer.freeze(id);
    if (observer.has(id, pid)) return;
    // It has ended in this moment, and those that it left must go on to die.
    await observer.thaw(id);
  } catch (cause) {
    throw explain(cause, `Cannot pause container ${id}`);
  }
  throw notRunning(id);
}

/** Lets the processes of a paused container go on. */
export async function unpauseContainer(context: Context, container: Container): Promise<void> {
  await container.lock.run(async () => {
    if (!container.isPaused) {
      throw new EngineError("conflict", `Container ${container.id} is not paused`);
    }
    await thaw(context, container);
  });
}

/** The same for one that is to hear a signal; nothing to do is no error. */
export async function resumeContainer(context: Context, container: Container): Promise<void> {
  if (!container.isPaused) return;
  await container.lock.run(async () => {
    if (container.isRunning && container.isPaused) await thaw(context, container);
  });
}

async function thaw(context: Context, container: Container): Promise<void> {
  try {
    await context.runtime.observer.thaw(container.id);
  } catch (cause) {
    throw explain(cause, `Cannot unpause container ${container.id}`);
  }
  enter(context, container, "running");
  context.events.publish(containerEvent(container.record, "unpause"));
}

function enter(context: Context, container: Container, status: Status): void {
  const { record } = container;
  container.record = { ...record, state: { ...record.state, status } };
  context.store.containers.update(toRow(container.record));
}
