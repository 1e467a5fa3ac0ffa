import { EngineError } from "../../base/errors.ts";
import type { AttachOptions, Session } from "../facade.ts";
import { AttachSession } from "../streams/attach-session.ts";
import { parseDetachKeys } from "../streams/detach-keys.ts";
import type { Container } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import { openLog } from "./container-logs.ts";
import type { Context } from "./context.ts";
import { filesOf } from "./files.ts";

/** Connects a client to a container; to one that does not run, as soon as it does. */
export async function attachTo(
  context: Context,
  container: Container,
  options: AttachOptions,
): Promise<Session> {
  if (container.isPaused) {
    const message = `container ${container.id} is paused, unpause the container before attach`;
    throw new EngineError("conflict", message);
  }
  // Who comes before the first start waits for it; who comes between two is told to come again.
  if (container.pendingRestart !== undefined) container.requireProgram();
  const session = makeSession(context, container, options);
  context.events.publish(containerEvent(container.record, "attach"));
  if (!options.stream) session.cancel();
  else if (container.running === undefined) container.waitingSessions.add(session);
  else await session.connect(container.running);
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
  const query = { stdout, stderr, follow: false };
  const source = { path: filesOf(context, record.id).log };
  yield* await openLog({ source, query, raw: record.config.tty }, new AbortController().signal);
}
