/** How much the daemon's log tells; each level includes those after it. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Writes the daemon's log to stderr, one line an event, with the whole chain of an error's causes. */
export class DaemonLog {
  readonly #least: number;

  constructor(level: LogLevel) {
    this.#least = LOG_LEVELS.indexOf(level);
  }

  info(message: string): void {
    this.#write("info", message);
  }

  warn(message: string): void {
    this.#write("warn", message);
  }

  error(message: string, error?: unknown): void {
    this.#write("error", error === undefined ? message : `${message}: ${tell(error)}`);
  }

  #write(level: LogLevel, message: string): void {
    if (LOG_LEVELS.indexOf(level) < this.#least) return;
    const line = message.replaceAll("\n", "\\n");
    process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${line}\n`);
  }
}

/** Where the error came from is told only of those that nobody foresaw. */
function tell(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const expected = error.name === "EngineError" || error.name === "SysError";
  const cause = error.cause === undefined ? "" : ` (cause: ${tell(error.cause)})`;
  return `${expected ? error.message : (error.stack ?? error.message)}${cause}`;
}
