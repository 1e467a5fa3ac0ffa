import { explain } from "../../base/errors.ts";
import { formatTime, nowNs, parseTime } from "../../base/time.ts";
import type { ExitRecord, Running } from "../../runtime/model.ts";
import {
  type EndNote,
  errorOf,
  LOST,
  NOT_STARTED,
  noteEnd,
  OTHER_FAILURE,
} from "../control/end-note.ts";
import { enterRestarting } from "../life/enter-restarting.ts";
import type { ContainerState } from "../model.ts";
import { withoutPlaces } from "../networks/container-networks.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { dropOverlays } from "./overlays.ts";
import { type ContainerRecord, toRow } from "./record.ts";

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

/** A program's end, as far as it shows in the state; and the record of it, where there is one. */
export type EndedState = Pick<ContainerState, "exitCode" | "oomKilled" | "error" | "finishedAt"> & {
  readonly exit?: ExitRecord;
};

/** What an exit record says. */
export function endedState(exit: ExitRecord): EndedState {
  const { exitCode, oomKilled, finishedAtNs, isLost } = exit;
  const error = isLost === true ? "Its monitor was killed, and the container with it" : "";
  return { exitCode, oomKilled, error, finishedAt: formatTime(finishedAtNs), exit };
}

/** What is said of a container whose start the last daemon did not live to bring to its end. */
export function unstartedState(exit: ExitRecord): EndedState {
  const error = "The daemon ended while the container was being started: its program has not run";
  return { ...endedState(exit), error, exitCode: OTHER_FAILURE, finishedAt: formatTime(nowNs()) };
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
  { exit, ...ended }: EndedState,
): Promise<void> {
  const end = await endNoteOf(context, container, exit);
  const { record } = container;
  const isRemoved = record.config.host.autoRemove && container.restartsUnderWay === 0;
  container.running = undefined;
  const why = container.endReason === "" ? errorOf(end, ended.oomKilled) : container.endReason;
  const error = ended.error === "" ? why : ended.error;
  const state: ContainerState = { ...record.state, ...ended, error, status: "exited", pid: 0 };
  container.record = { ...record, state, end, endpoints: withoutPlaces(record.endpoints) };
  enterRestarting(container, exit?.ranMs);
  context.supervision.ended(container);
  // One that goes at once needs no word of its end: the row goes instead.
  const isStored = isRemoved || tryStore(context, container.record);
  tellEnd(context, container, exit?.ranMs);
  dropOverlays(context, record);
  context.networks.release(record);
  leaveVolumes(context, record);
  container.tellExit();
  if (isRemoved) await container.logKeeping?.finish();
  if (isRemoved) await destroyContainer(context, container, { volumes: true });
  // What the monitor wrote of its end is there for the next daemon, if that is not in the store.
  else if (isStored) await context.runtime.cleanup(container.id);
}

/** The end of a container is told also where the disk has no room for it. */
function tryStore({ store, report }: Context, record: ContainerRecord): boolean {
  try {
    store.containers.update(toRow(record));
    return true;
  } catch (cause) {
    report(explain(cause, `Cannot store the end of container "${record.name}"`));
    return false;
  }
}

async function endNoteOf(
  context: Context,
  container: Container,
  exit: ExitRecord | undefined,
): Promise<EndNote> {
  if (exit === undefined) return LOST;
  return exit.neverRan === true ? NOT_STARTED : await noteEnd(context, container, exit);
}

/** The times of day that are stored say how long it ran only if nobody has set the clock. */
function tellEnd({ events }: Context, { record }: Container, ranMs: number | undefined): void {
  const { exitCode, oomKilled, startedAt, finishedAt } = record.state;
  if (oomKilled) events.publish(containerEvent(record, "oom"));
  const shownNs = (parseTime(finishedAt) ?? 0n) - (parseTime(startedAt) ?? 0n);
  const shownMs = Math.max(0, Number(shownNs / 1_000_000n));
  events.publish(
    containerEvent(record, "die", {
      execDuration: String(Math.floor((ranMs ?? shownMs) / 1000)),
      exitCode: String(exitCode),
    }),
  );
}

/** The end of a container is told whatever becomes of what was mounted. */
function leaveVolumes({ volumes, report }: Context, record: ContainerRecord): void {
  try {
    volumes.leave(record);
  } catch (cause) {
    report(explain(cause, `Cannot unmount the volumes of container "${record.name}"`));
  }
}
