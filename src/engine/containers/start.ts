import { EngineError, explain } from "../../base/errors.ts";
import { formatTime, NEVER } from "../../base/time.ts";
import { ContainerSandbox } from "../../network/container-sandbox.ts";
import type { Running, StartHooks } from "../../runtime/model.ts";
import { NOT_STARTED, OTHER_FAILURE } from "../control/end-note.ts";
import type { ContainerState } from "../model.ts";
import type { AccountFiles } from "./accounts.ts";
import { prepareBinds } from "./bind-sources.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { joinDonors } from "./donors.ts";
import { watchExit } from "./exit.ts";
import { writeFiles } from "./files.ts";
import { linkEnvironment } from "./links.ts";
import { connectLog, keepLog } from "./log-keeping.ts";
import { matchUsers } from "./matched-users.ts";
import { dropOverlays, prepareOverlays } from "./overlays.ts";
import { type ContainerRecord, toRow } from "./record.ts";
import { planStart } from "./start-request.ts";

/** What a start needs beside what all work on containers does. */
export interface StartContext extends Context {
  readonly accounts: AccountFiles;
}

/** Starts a container, unless it runs already. One that cannot be started is left as it was. */
export function startContainer(
  context: StartContext,
  container: Container,
): Promise<"started" | "already-running"> {
  return container.lock.run(async () => {
    if (container.isPaused) {
      const message = "cannot start a paused container, try unpause instead";
      throw new EngineError("conflict", message);
    }
    if (container.isActive) return "already-running";
    if (container.isRemoved) {
      throw new EngineError("not-found", `No such container: ${container.id}`);
    }
    container.restartDelayMs = 0;
    container.record = { ...container.record, restartCount: 0, wasStoppedByUser: false };
    await startHeld(context, container);
    return "started";
  });
}

/** Starts a container that does not run; the caller holds its lock. */
export async function startHeld(context: StartContext, container: Container): Promise<void> {
  try {
    await launch(context, container);
  } catch (cause) {
    const error = explain(cause, `Cannot start container "${container.name}"`);
    // That it cannot be noted, as on a full disk, is not what the user is to hear of.
    await recordFailure(context, container, error).catch(context.report);
    throw error;
  }
}

async function launch(context: StartContext, container: Container): Promise<void> {
  const accounts = await accountsOf(context, container);
  const record = matchUsers(container.record, accounts);
  using undo = new DisposableStack();
  prepareBinds(context, record);
  prepareOverlays(context, record);
  undo.defer(() => dropOverlays(context, record));
  await context.volumes.enter(record);
  undo.defer(() => context.volumes.leave(record));
  const placed = context.networks.reserve(record);
  undo.defer(() => context.networks.release(placed));
  const request = planStart(context, {
    record: withLinks(context, record),
    root: container.root,
    accounts,
    joined: joinDonors(context, record),
    files: writeFiles(context, placed),
  });
  const driver = await connectLog(record);
  const running = await context.runtime.start(request, hooksFor(context, container, placed));
  undo.move();
  enterRunning(context, container, { running, placed });
  // Whatever comes between, its end is noted.
  watchExit(context, container, running);
  await keepLog(context, container, { driver, ended: running.exited });
  // Those that attached since.
  await connectSessions(container, running);
  context.supervision.started(container);
}

function withLinks(context: StartContext, record: ContainerRecord): ContainerRecord {
  const linked = linkEnvironment(context, record);
  if (linked.length === 0) return record;
  const { effective } = record;
  return { ...record, effective: { ...effective, env: [...linked, ...effective.env] } };
}

async function accountsOf(context: StartContext, { record, root }: Container) {
  const isFirst = record.state.startedAt === NEVER;
  return await (isFirst ? context.accounts.readImage(root) : context.accounts.read(root));
}

function hooksFor(context: Context, container: Container, placed: ContainerRecord): StartHooks {
  const { kind } = placed.config.host.network;
  const beforeExec = async (running: Running) => {
    // Stored before the program runs: a daemon that ends in this moment leaves none unknown.
    const started = startedRecord({ running, placed });
    context.store.containers.update(toRow(started));
    await connectSessions(container, running);
  };
  if (kind === "host" || kind === "container") return { beforeExec };
  return {
    beforeExec,
    connectNetwork: async ({ fd }) => context.networks.connect(placed, new ContainerSandbox(fd)),
  };
}

async function connectSessions(container: Container, running: Running): Promise<void> {
  const sessions = [...container.waitingSessions];
  container.waitingSessions.clear();
  await Promise.all(sessions.map((session) => session.connect(running)));
}

/** A program, and the record of its container with the places that it has on its networks. */
interface Started {
  readonly running: Running;
  readonly placed: ContainerRecord;
}

function startedRecord({ running, placed }: Started): ContainerRecord {
  const state: ContainerState = {
    ...placed.state,
    status: "running",
    pid: running.pid,
    exitCode: 0,
    oomKilled: false,
    error: "",
    startedAt: formatTime(running.startedAtNs),
  };
  const { end: _, ...rest } = placed;
  return { ...rest, state };
}

function enterRunning(context: Context, container: Container, started: Started): void {
  container.running = started.running;
  container.sentSignals = [];
  container.pendingRestart = undefined;
  container.endReason = "";
  container.stopped = Promise.withResolvers();
  // A user may have asked for its end while it was being started again.
  const { wasStoppedByUser = false } = container.record;
  container.record = { ...startedRecord(started), wasStoppedByUser };
  context.events.publish(containerEvent(container.record, "start"));
}

async function recordFailure(
  context: Context,
  container: Container,
  error: EngineError,
): Promise<void> {
  for (const session of container.waitingSessions) session.cancel();
  container.waitingSessions.clear();
  const { record } = container;
  const exitCode = error.exitCode ?? OTHER_FAILURE;
  container.record = {
    ...record,
    end: NOT_STARTED,
    state: { ...record.state, exitCode, error: error.message },
  };
  if (record.config.host.autoRemove) await destroyContainer(context, container, { volumes: true });
  else context.store.containers.update(toRow(container.record));
}
