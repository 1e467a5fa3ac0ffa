import { EngineError } from "../../base/errors.ts";
import type { AttachOptions, LogEntry, LogQuery, Logs, Session } from "../facade.ts";
import { type LogSource, readLog } from "../logs/log-reader.ts";
import { AttachSession } from "../streams/attach-session.ts";
import { parseDetachKeys } from "../streams/detach-keys.ts";
import { encodeFrame } from "../streams/frames.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";
import { filesOf } from "./files.ts";

/** Connects a client to a container; to one that does not run, as soon as it does. */
export async function attachTo(
  context: Context,
  container: Container,
  options: AttachOptions,
): Promise<Session> {
  const session = makeSession(context, container, options);
  context.events.publish(containerEvent(container.record, "attach"));
  if (!options.stream) session.cancel();
  else if (container.running === undefined) container.waitingSessions.add(session);
  else {
    // A program that ended in this moment has nothing more to say.
    await session.connect(container.running).catch(() => session.cancel());
  }
  return session;
}

function makeSession(
  context: Context,
  container: Container,
  options: AttachOptions,
): AttachSession {
  const { config } = container.record;
  const { tty } = config;
  const stdin = options.stdin && config.openStdin;
  const detachKeys = parseDetachKeys(options.detachKeys);
  const session: AttachSession = new AttachSession({
    tty,
    stdin,
    stdout: options.stdout,
    stderr: options.stderr,
    ...(tty && stdin ? { detachKeys } : {}),
    ...(options.logs ? { replay: () => replay(context, container, options) } : {}),
    onEnd: (end) => {
      container.waitingSessions.delete(session);
      if (end === "detached") {
        context.events.publish(containerEvent(container.record, "detach"));
      }
    },
  });
  return session;
}

async function* replay(
  context: Context,
  { record }: Container,
  { stdout, stderr }: AttachOptions,
): AsyncGenerator<Uint8Array> {
  const encode = record.config.tty
    ? ({ line }: LogEntry) => line
    : ({ stream, line }: LogEntry) => encodeFrame(stream, line);
  const query = { stdout, stderr, follow: false };
  const source = { path: filesOf(context, record.id).log };
  for await (const batch of readLog(source, query, new AbortController().signal)) {
    yield Buffer.concat(batch.map(encode));
  }
}

/** The log of a container, which is there after its end too. */
export function logsOf(
  context: Context,
  container: Container,
  { query, signal }: { readonly query: LogQuery; readonly signal: AbortSignal },
): Logs {
  const { record, running } = container;
  if (record.config.host.log.driver === "none") {
    const message = "configured logging driver does not support reading";
    throw new EngineError("unimplemented", message);
  }
  const source: LogSource = {
    path: filesOf(context, record.id).log,
    ...(running === undefined ? {} : { ended: running.exited }),
  };
  return { tty: record.config.tty, entries: readLog(source, query, signal) };
}
