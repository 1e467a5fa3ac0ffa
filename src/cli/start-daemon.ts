import { DEFAULT_HOST } from "../client/endpoint.ts";
import { ConnectionError } from "../client/errors.ts";
import type { Transport } from "../client/transport.ts";
import { CommandError } from "./command.ts";
import { type DaemonProcess, type Io, print } from "./io.ts";

const LOG_PATH = "/var/log/sampan.log";
const LIMIT_MS = 15_000;
const STEP_MS = 10;
const SHOWN_LINES = 10;

/** Starts a daemon on the default socket and waits until it answers. */
export async function startDaemon(io: Io, makeTransport: () => Transport): Promise<void> {
  const log = Bun.file(LOG_PATH);
  const logStart = (await log.exists()) ? log.size : 0;
  await print(
    io.stderr,
    `No daemon runs at ${DEFAULT_HOST}: starting one, its log is ${LOG_PATH}\n`,
  );
  const daemon = io.startDaemon(LOG_PATH);
  const problem = await waitForAnswer(daemon, makeTransport);
  if (problem === undefined) return;
  const lines = (await Bun.file(LOG_PATH).slice(logStart).text()).trimEnd().split("\n");
  const shown = lines.slice(-SHOWN_LINES).map((line) => `  ${line}`);
  throw new CommandError(`The daemon ${problem}. Its log says:\n${shown.join("\n")}`, 125);
}

/** Resolves with what went wrong, or with nothing once the daemon answers. */
async function waitForAnswer(
  daemon: DaemonProcess,
  makeTransport: () => Transport,
): Promise<string | undefined> {
  let ended: string | undefined;
  void daemon.exited.then((code) => {
    ended = `ended with exit code ${code}`;
  });
  const deadline = Date.now() + LIMIT_MS;
  while (ended === undefined) {
    if (await answers(makeTransport())) return undefined;
    if (Date.now() > deadline) return `does not answer after ${LIMIT_MS / 1000} seconds`;
    await Bun.sleep(STEP_MS);
  }
  // Somebody else's daemon may have been quicker: then ours refuses to start, and all is well.
  return (await answers(makeTransport())) ? undefined : ended;
}

async function answers(transport: Transport): Promise<boolean> {
  try {
    await transport.version();
    return true;
  } catch (error) {
    if (error instanceof ConnectionError) return false;
    throw error;
  }
}
