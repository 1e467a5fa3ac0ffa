import { EngineError } from "../../base/errors.ts";
import { parseSignal, SIG } from "../../linux/signal.ts";
import type { Running } from "../../runtime/model.ts";
import { hasCode } from "../../store/disk-error.ts";
import { resumeContainer } from "../control/pause.ts";
import type { StopOptions } from "../facade.ts";
import { endRestarting, noteUserStop } from "../life/end-by-user.ts";
import { asksToEnd } from "../life/restart-policy.ts";
import type { Container, SignalSource } from "./container.ts";
import { containerEvent } from "./container-events.ts";
import type { Context } from "./context.ts";

const DEFAULT_TIMEOUT_SECONDS = 10;
/** How long the kernel may take to end a process that it was told to kill. */
const KILL_TIMEOUT_MS = 30_000;
/** setTimeout() takes no longer times than this. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Asks a container to stop, and kills it when its time is up. */
export async function stopContainer(
  context: Context,
  container: Container,
  options: StopOptions,
): Promise<"stopped" | "already-stopped"> {
  const { config, effective } = container.record;
  const signal = parseSignal(options.signal ?? effective.stopSignal);
  noteUserStop(context, container);
  if (await endRestarting(context, container)) {
    context.events.publish(containerEvent(container.record, "stop"));
    return "stopped";
  }
  const { record, running } = container;
  if (running === undefined) return "already-stopped";
  const stopped = container.stopped.promise;
  const seconds = options.timeoutSeconds ?? config.stopTimeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS;
  await send(context, container, { running, signal, by: "stop" });
  const timeoutMs = seconds < 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
  if (!(await isWithin(stopped, timeoutMs))) await killAndWait(context, container, "stop-timeout");
  context.events.publish(containerEvent(record, "stop"));
  return "stopped";
}

/** Sends a signal; SIGKILL, and only that, is waited for. */
export async function killContainer(
  context: Context,
  container: Container,
  signalText: string,
): Promise<void> {
  const signal = signalText === "" ? SIG.SIGKILL : parseSignal(signalText);
  const stopSignal = parseSignal(container.record.effective.stopSignal);
  if (asksToEnd(signal, stopSignal)) {
    noteUserStop(context, container);
    if (await endRestarting(context, container)) return;
  }
  const { running } = container;
  if (running === undefined) {
    throw new EngineError(
      "conflict",
      `cannot kill container: ${container.name}: container ${container.id} is not running`,
    );
  }
  if (signal === SIG.SIGKILL) await killAndWait(context, container, "kill");
  else await send(context, container, { running, signal, by: "kill" });
}

/** Kills a container's program, and returns when its end has been dealt with. */
export async function killAndWait(
  context: Context,
  container: Container,
  by: SignalSource,
): Promise<void> {
  const { running, stopped } = container;
  if (running === undefined) return;
  await send(context, container, { running, signal: SIG.SIGKILL, by });
  if (await isWithin(stopped.promise, KILL_TIMEOUT_MS)) return;
  const seconds = KILL_TIMEOUT_MS / 1000;
  const message = `it did not end within ${seconds} s after SIGKILL`;
  throw new EngineError("internal", `Cannot kill container "${container.name}": ${message}`);
}

interface Sending {
  readonly running: Running;
  readonly signal: number;
  readonly by: SignalSource;
}

/** One that is paused would hear of nothing until it goes on. */
async function send(
  context: Context,
  container: Container,
  { running, signal, by }: Sending,
): Promise<void> {
  const sent = { signal, by, atMs: performance.now() };
  container.sentSignals = [...container.sentSignals.slice(-7), sent];
  try {
    running.kill(signal);
  } catch (error) {
    // Its end is under way, and whoever waits for it will be told.
    if (!hasCode(error, ["ESRCH"])) throw error;
  }
  await resumeContainer(context, container);
  context.events.publish(containerEvent(container.record, "kill", { signal: String(signal) }));
}

async function isWithin(event: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  if (timeoutMs > MAX_TIMER_MS) return await event.then(() => true);
  const { promise: timeout, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([event.then(() => true), timeout]);
  } finally {
    clearTimeout(timer);
  }
}
