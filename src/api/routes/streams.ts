import { EngineError } from "../../base/errors.ts";
import type { LogEntry, Logs, Session } from "../../engine/facade.ts";
import { encodeFrame } from "../../engine/streams/frames.ts";
import type { Reply } from "../http/exchange.ts";
import { flag, instant } from "../query.ts";
import { hijack, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import type { ApiVersion } from "../version.ts";

export const streamRoutes = [
  route("GET /containers/{id}/logs", logs),
  route("POST /containers/{id}/attach", attach),
];

const RAW = "application/vnd.docker.raw-stream";
const MULTIPLEXED = "application/vnd.docker.multiplexed-stream";

/** Whether a stream has frames: only newer clients are told, for older ones guess from the container. */
export function streamType(tty: boolean, version: ApiVersion): string {
  return tty || version < 42 ? RAW : MULTIPLEXED;
}

/** Hands a client's connection to a session, in either of Docker's forms. */
export function serveSession({ request, version }: Call<"id">, session: Session): Reply {
  return hijack(request, streamType(session.tty, version), (client) => session.serve(client));
}

async function attach(call: Call<"id">): Promise<Reply> {
  const { engine, params, query } = call;
  const detachKeys = query.get("detachKeys") ?? "";
  const session = await engine.containers.attach(params.id, {
    stdin: flag(query, "stdin"),
    stdout: flag(query, "stdout"),
    stderr: flag(query, "stderr"),
    logs: flag(query, "logs"),
    stream: flag(query, "stream"),
    ...(detachKeys === "" ? {} : { detachKeys }),
  });
  return serveSession(call, session);
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
    },
    request.signal,
  );
  const shown = { timestamps: flag(query, "timestamps"), details: flag(query, "details") };
  return stream(streamType(found.tty, version), encodeLogs(found, shown));
}

interface Shown {
  readonly timestamps: boolean;
  readonly details: boolean;
}

/** The head is out by now, so that what goes wrong is told in the stream. */
async function* encodeLogs({ tty, entries }: Logs, shown: Shown): AsyncGenerator<Uint8Array> {
  try {
    for await (const batch of entries) {
      yield Buffer.concat(batch.map((entry) => encodeEntry(entry, tty, shown)));
    }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const told = Buffer.from(`Error grabbing logs: ${error.message}\n`);
    yield tty ? told : encodeFrame("error", told);
  }
}

function encodeEntry({ stream, time, line }: LogEntry, tty: boolean, shown: Shown): Uint8Array {
  // Details are a log driver's labels, of which there are none: what is left is the space after them.
  const before = `${shown.timestamps ? `${time} ` : ""}${shown.details ? " " : ""}`;
  const whole = before === "" ? line : Buffer.concat([Buffer.from(before), line]);
  return tty ? whole : encodeFrame(stream, whole);
}
