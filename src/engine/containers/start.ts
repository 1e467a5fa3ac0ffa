import { EngineError, explain } from "../../base/errors.ts";
import { formatTime, NEVER } from "../../base/time.ts";
import type { Running, StartHooks } from "../../runtime/model.ts";
import type { AccountFiles } from "./accounts.ts";
import type { Container } from "./container.ts";
import { containerEvent, networkEvent } from "./container-events.ts";
import { type Context, rootOf } from "./context.ts";
import { destroyContainer } from "./destroy.ts";
import { joinDonors } from "./donors.ts";
import { watchExit } from "./exit.ts";
import { writeFiles } from "./files.ts";
import { type ContainerRecord, type Endpoint, NO_ENDPOINT, toRow } from "./record.ts";
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
    if (container.isRunning) return "already-running";
    if (container.isRemoved) {
      throw new EngineError("not-found", `No such container: ${container.id}`);
    }
    try {
      await launch(context, container);
      return "started";
    } catch (cause) {
      const error = explain(cause, `Cannot start container "${container.name}"`);
      await recordFailure(context, container, error);
      throw error;
    }
  });
}

async function launch(context: StartContext, container: Container): Promise<void> {
  const { record } = container;
  await using undo = new AsyncDisposableStack();
  undo.defer(() => disconnect(context, container));
  const endpoint = hasAddress(record) ? context.network.reserve(record.id) : NO_ENDPOINT;
  const request = planStart(context, {
    record,
    root: rootOf(context, record),
    accounts: await accountsOf(context, record),
    joined: joinDonors(context, record),
    files: writeFiles(context, container, endpoint),
  });
  const running = await context.runtime.start(request, hooksFor(context, container));
  undo.move();
  enterRunning(context, container, { running, endpoint });
  await connectSessions(container, running);
  watchExit(context, container, running);
}

/** A container of an image's own bridge address; `none`, `host` and `container:` have none. */
function hasAddress({ config }: ContainerRecord): boolean {
  return config.host.network.kind === "bridge" && !config.networkDisabled;
}

async function accountsOf(context: StartContext, record: ContainerRecord) {
  const root = rootOf(context, record);
  const isFirst = record.state.startedAt === NEVER;
  return await (isFirst ? context.accounts.readImage(root) : context.accounts.read(root));
}

function hooksFor(context: Context, container: Container): StartHooks {
  const { record } = container;
  const { kind } = record.config.host.network;
  const beforeExec = (running: Running) => connectSessions(container, running);
  if (kind === "host" || kind === "container") return { beforeExec };
  return {
    beforeExec,
    connectNetwork: async (namespace) => {
      if (!hasAddress(record)) return context.network.loopback();
      const requests = await context.network.connect(record.id, namespace);
      context.events.publish(networkEvent(context.network, "connect", record.id));
      return requests;
    },
  };
}

async function connectSessions(container: Container, running: Running): Promise<void> {
  const sessions = [...container.waitingSessions];
  container.waitingSessions.clear();
  await Promise.all(sessions.map((session) => session.connect(running)));
}

function enterRunning(
  context: Context,
  container: Container,
  { running, endpoint }: { readonly running: Running; readonly endpoint: Endpoint },
): void {
  const { record } = container;
  container.running = running;
  container.stopped = Promise.withResolvers();
  container.record = {
    ...record,
    endpoint,
    state: {
      ...record.state,
      status: "running",
      pid: running.pid,
      exitCode: 0,
      oomKilled: false,
      error: "",
      startedAt: formatTime(running.startedAtNs),
    },
  };
  context.store.containers.update(toRow(container.record));
  context.events.publish(containerEvent(container.record, "start"));
}

/** Docker's number for a start that failed for another reason than the program. */
const OTHER_FAILURE = 128;

async function recordFailure(
  context: Context,
  container: Container,
  error: EngineError,
): Promise<void> {
  for (const session of container.waitingSessions) session.cancel();
  container.waitingSessions.clear();
  const { record } = container;
  const exitCode = error.exitCode ?? OTHER_FAILURE;
  container.record = { ...record, state: { ...record.state, exitCode, error: error.message } };
  if (record.config.host.autoRemove) await destroyContainer(context, container, { volumes: true });
  else context.store.containers.update(toRow(container.record));
}

async function disconnect(context: Context, { record }: Container): Promise<void> {
  if (!hasAddress(record)) return;
  await context.network.release(record.id);
}
