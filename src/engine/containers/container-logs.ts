import { EngineError } from "../../base/errors.ts";
import type { LogQuery, Logs } from "../facade.ts";
import { planLog } from "../logs/log-options.ts";
import { LogEncoder } from "../logs/log-output.ts";
import { type LogSource, readLog } from "../logs/log-reader.ts";
import { removeFullLogFiles, rotateLogFiles } from "../logs/log-removal.ts";
import type { Container } from "./container.ts";
import type { Context } from "./context.ts";
import { filesOf } from "./files.ts";

/**
 * The log of a container, which is there after its end too. It is open when this resolves: what it
 * had by then is read even if the container is removed meanwhile.
 */
export async function logsOf(
  context: Context,
  container: Container,
  { query, signal }: { readonly query: LogQuery; readonly signal: AbortSignal },
): Promise<Logs> {
  const { record, running } = container;
  requireReadable(container);
  const source: LogSource = {
    path: filesOf(context, record.id).log,
    ...(running === undefined ? {} : { ended: running.exited }),
  };
  const { tty } = record.config;
  return { tty, output: await openLog({ source, query, raw: tty }, signal) };
}

/** Empties a container's log. Who follows it misses nothing, and sees nothing twice. */
export async function clearLogs(context: Context, container: Container): Promise<void> {
  requireReadable(container);
  const path = filesOf(context, container.id).log;
  await container.lock.run(async () => {
    // Under the lock no start can begin to write to what is being removed.
    if (container.running === undefined) await rotateLogFiles(path);
    else await container.running.rotateLog();
    await container.logLock.run(() => removeFullLogFiles(path));
  });
}

function requireReadable({ record }: Container): void {
  if (planLog(record.config.host.log).isReadable) return;
  const message = "configured logging driver does not support reading";
  throw new EngineError("unimplemented", message);
}

/** A log to be read, and how it is shown. */
interface ShownLog {
  readonly source: LogSource;
  readonly query: LogQuery;
  readonly raw: boolean;
}

/** What clients are sent of a log. */
export async function openLog(
  shown: ShownLog,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array>> {
  const output = encodeLog(shown, signal);
  await output.next();
  // Somebody who went away before the first byte may never read it to its end.
  const leave = () => void output.return(undefined);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  return output;
}

/** The first piece is empty: the log is open then. */
async function* encodeLog(
  { source, query, raw }: ShownLog,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const encoder = new LogEncoder({ ...query, raw });
  for await (const lines of readLog(source, query, signal)) {
    const encoded = encoder.encode(lines);
    if (encoded.length > 0 || lines.length === 0) yield encoded;
  }
}
