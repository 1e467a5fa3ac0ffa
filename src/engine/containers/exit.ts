import { formatTime, nowNs, parseTime } from "../../base/time.ts";
import type { ExitRecord, Running } from "../../runtime/model.ts";
import type { ContainerState } from "../model.ts";
import type { Container } from "./container.ts";
import { containerEvent, networkEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { type ContainerRecord, NO_ENDPOINT, toRow } from "./record.ts";

/** Deals with the end of a container's program when it comes. */
export function watchExit(context: Context, container: Container, running: Running): void {
  running.exited
    .then((exit) => noteExit(context, container, endedState(exit)))
    .catch(context.report);
}

async function noteExit(context: Context, container: Container, ended: EndedState): Promise<void> {
  await container.lock.run(async () => {
    // The monitor's record stays, and the next daemon reads it.
    if (!context.closing.aborted) await enterExited(context, container, ended);
  });
}

/** A program's end, as far as it shows in the state. */
export type EndedState = Pick<ContainerState, "exitCode" | "oomKilled" | "error" | "finishedAt">;

/** What an exit record says. */
export function endedState({ exitCode, oomKilled, finishedAtNs }: ExitRecord): EndedState {
  return { exitCode, oomKilled, error: "", finishedAt: formatTime(finishedAtNs) };
}

/** What is said of a container whose monitor is gone without a word. */
export function vanishedState(): EndedState {
  const error = "The container ended while the daemon did not run, and left no record of how";
  return { exitCode: 255, oomKilled: false, error, finishedAt: formatTime(nowNs()) };
}

/** Takes note of a program's end; the caller holds the container's lock. */
export async function enterExited(
  context: Context,
  container: Container,
  ended: EndedState,
): Promise<void> {
  const { record } = container;
  const isRemoved = record.config.host.autoRemove && !container.isRestarting;
  container.running = undefined;
  const state: ContainerState = { ...record.state, ...ended, status: "exited", pid: 0 };
  container.record = { ...record, state, endpoint: NO_ENDPOINT };
  // One that goes at once needs no word of its end: the row goes instead.
  if (!isRemoved) context.store.containers.update(toRow(container.record));
  tellEnd(context, container);
  release(context, record);
  container.tellExit();
  if (isRemoved) await destroyContainer(context, container, { volumes: true });
  else await context.runtime.cleanup(container.id);
}

function tellEnd({ events }: Context, { record }: Container): void {
  const { exitCode, oomKilled, startedAt, finishedAt } = record.state;
  if (oomKilled) events.publish(containerEvent(record, "oom"));
  const ranNs = (parseTime(finishedAt) ?? 0n) - (parseTime(startedAt) ?? 0n);
  events.publish(
    containerEvent(record, "die", {
      execDuration: String(ranNs / 1_000_000_000n),
      exitCode: String(exitCode),
    }),
  );
}

function release({ network, events }: Context, { id, endpoint }: ContainerRecord): void {
  if (endpoint.endpointId === "") return;
  network.release(id, endpoint);
  events.publish(networkEvent(network, "disconnect", id));
}
