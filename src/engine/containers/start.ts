import { existsSync, mkdirSync } from "node:fs";
import { EngineError, explain } from "../../base/errors.ts";
import { formatTime, NEVER } from "../../base/time.ts";
import type { Running, StartHooks } from "../../runtime/model.ts";
import type { ContainerState } from "../model.ts";
import type { AccountFiles } from "./accounts.ts";
import type { Container } from "./container.ts";
import { containerEvent, networkEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
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
  using undo = new DisposableStack();
  makeBindSources(record.mounts);
  const endpoint = hasAddress(record) ? context.network.reserve() : NO_ENDPOINT;
  undo.defer(() => disconnect(context, record.id, endpoint));
  const request = planStart(context, {
    record,
    root: container.root,
    accounts: await accountsOf(context, container),
    joined: joinDonors(context, record),
    files: writeFiles(context, container, endpoint),
  });
  const running = await context.runtime.start(request, hooksFor(context, container, endpoint));
  undo.move();
  enterRunning(context, container, { running, endpoint });
  // Those that attached since.
  await connectSessions(container, running);
  watchExit(context, container, running);
}

/** `-v` makes a directory where there is nothing yet. */
function makeBindSources(mounts: ContainerRecord["mounts"]): void {
  for (const mount of mounts) {
    if (mount.kind !== "bind" || !mount.createSource || existsSync(mount.source)) continue;
    mkdirSync(mount.source, { recursive: true, mode: 0o755 });
  }
}

/** With `none`, `host` and `container:` there is no address of one's own. */
function hasAddress({ config }: ContainerRecord): boolean {
  return config.host.network.kind === "bridge" && !config.networkDisabled;
}

async function accountsOf(context: StartContext, { record, root }: Container) {
  const isFirst = record.state.startedAt === NEVER;
  return await (isFirst ? context.accounts.readImage(root) : context.accounts.read(root));
}

function hooksFor(context: Context, container: Container, endpoint: Endpoint): StartHooks {
  const { record } = container;
  const { kind } = record.config.host.network;
  const beforeExec = async (running: Running) => {
    // Stored before the program runs: a daemon that ends in this moment leaves none unknown.
    const started = startedRecord(record, { running, endpoint });
    context.store.containers.update(toRow(started));
    await connectSessions(container, running);
  };
  if (kind === "host" || kind === "container") return { beforeExec };
  return {
    beforeExec,
    connectNetwork: async ({ fd }) => {
      if (!hasAddress(record)) return context.network.loopback();
      const setup = context.network.connect(record.id, endpoint, fd);
      context.events.publish(networkEvent(context.network, "connect", record.id));
      return setup;
    },
  };
}

async function connectSessions(container: Container, running: Running): Promise<void> {
  const sessions = [...container.waitingSessions];
  container.waitingSessions.clear();
  await Promise.all(sessions.map((session) => session.connect(running)));
}

/** A program, and where it is in the network. */
interface Started {
  readonly running: Running;
  readonly endpoint: Endpoint;
}

function startedRecord(record: ContainerRecord, { running, endpoint }: Started): ContainerRecord {
  const state: ContainerState = {
    ...record.state,
    status: "running",
    pid: running.pid,
    exitCode: 0,
    oomKilled: false,
    error: "",
    startedAt: formatTime(running.startedAtNs),
  };
  return { ...record, endpoint, state };
}

function enterRunning(context: Context, container: Container, started: Started): void {
  container.running = started.running;
  container.stopped = Promise.withResolvers();
  container.record = startedRecord(container.record, started);
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

function disconnect({ network }: Context, id: string, endpoint: Endpoint): void {
  if (endpoint.endpointId !== "") network.release(id, endpoint);
}
