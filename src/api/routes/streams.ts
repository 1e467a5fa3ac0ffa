import { EngineError } from "../../base/errors.ts";
import type { AttachOptions, Logs, Session } from "../../engine/facade.ts";
import { withoutFrameHeads } from "../../engine/streams/frame-stripper.ts";
import { encodeFrame } from "../../engine/streams/frames.ts";
import type { Reply } from "../http/exchange.ts";
import { upgradeToWebSocket } from "../http/web-socket.ts";
import { flag, instant } from "../query.ts";
import { empty, hijack, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import type { ApiVersion } from "../version.ts";

export const streamRoutes = [
  route("GET /containers/{id}/logs", logs),
  route("DELETE /containers/{id}/logs", clearLogs),
  route("POST /containers/{id}/attach", attach),
  route("GET /containers/{id}/attach/ws", attachByWebSocket),
];

const RAW = "application/vnd.docker.raw-stream";
const MULTIPLEXED = "application/vnd.docker.multiplexed-stream";

/** Whether a stream has frames: only newer clients are told, for older ones guess from the container. */
function streamType(tty: boolean, version: ApiVersion): string {
  return tty || version < 42 ? RAW : MULTIPLEXED;
}

/** Hands a client's connection to a session, in either of Docker's forms. */
export function serveSession({ request, version }: Call<"id">, session: Session): Reply {
  return hijack(request, streamType(session.tty, version), (client) => session.serve(client));
}

async function attach(call: Call<"id">): Promise<Reply> {
  const { engine, params, query } = call;
  return serveSession(call, await engine.containers.attach(params.id, attachOptions(query)));
}

/** Without frames: what a page shows is one stream. */
async function attachByWebSocket(call: Call<"id">): Promise<Reply> {
  const { engine, params, query, request, version } = call;
  const asked = attachOptions(query);
  const options = version < 42 ? { ...asked, stdin: true, stdout: true, stderr: true } : asked;
  const attached = Promise.withResolvers<Session>();
  const reply = upgradeToWebSocket(request, { binary: version >= 28 }, async (client) => {
    const session = await attached.promise;
    const shown = session.tty ? client : withoutFrameHeads(client);
    await session.serve(shown);
    // What was written last may still be on its way through.
    if (!shown.destroyed) await new Promise<void>((resolve) => shown.end(() => resolve()));
  });
  attached.resolve(await engine.containers.attach(params.id, options));
  return reply;
}

function attachOptions(query: URLSearchParams): AttachOptions {
  const detachKeys = query.get("detachKeys") ?? "";
  return {
    stdin: flag(query, "stdin"),
    stdout: flag(query, "stdout"),
    stderr: flag(query, "stderr"),
    logs: flag(query, "logs"),
    stream: flag(query, "stream"),
    ...(detachKeys === "" ? {} : { detachKeys }),
  };
}

async function clearLogs({ engine, params }: Call<"id">): Promise<Reply> {
  await engine.containers.clearLogs(params.id);
  return empty(204);
}

async function logs({ engine, params, query, request, version }: Call<"id">): Promise<Reply> {
  const [stdout, stderr] = [flag(query, "stdout"), flag(query, "stderr")];
  if (!stdout && !stderr) {
    throw new EngineError("invalid", "Bad parameters: you must choose at least one stream");
  }
  const [since, until] = [instant(query, "since"), instant(query, "until")];
  const tail = query.get("tail") ?? "";
  const found = await engine.containers.logs(
    params.id,
    {
      stdout,
      stderr,
      follow: flag(query, "follow"),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      // What is not a number is all, as the `all` that clients send.
      ...(/^\d{1,15}$/.test(tail) ? { tail: Number(tail) } : {}),
      timestamps: flag(query, "timestamps"),
      details: flag(query, "details"),
    },
    request.signal,
  );
  return stream(streamType(found.tty, version), withFailure(found));
}

/** The head is out by now, so that what goes wrong is told in the stream. */
async function* withFailure({ tty, output }: Logs): AsyncGenerator<Uint8Array> {
  try {
    yield* output;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const told = Buffer.from(`Error grabbing logs: ${error.message}\n`);
    yield tty ? told : encodeFrame("error", told);
  }
}
