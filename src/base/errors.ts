/** What went wrong, seen by the caller. The API turns it into a status, the CLI into an exit code. */
export type ErrorKind =
  | "invalid"
  | "unauthorized"
  | "forbidden"
  | "not-found"
  | "conflict"
  | "unimplemented"
  | "unavailable"
  | "internal";

/** Beside the cause: what a container that could not start is said to have exited with. */
export interface EngineErrorOptions extends ErrorOptions {
  /** 125: not even tried, 126: cannot be run, 127: not found; as a shell has it. */
  readonly exitCode?: number;
}

/** The only error class that crosses a layer. The message says what failed, then why. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly kind: ErrorKind;
  readonly exitCode: number | undefined;

  constructor(kind: ErrorKind, message: string, options?: EngineErrorOptions) {
    super(message, options);
    this.kind = kind;
    this.exitCode = options?.exitCode;
  }
}

/** What went wrong first, where undoing what was done by then has failed too. */
export function firstFailure(error: unknown): unknown {
  return error instanceof SuppressedError ? firstFailure(error.suppressed) : error;
}

/** Adds context to what a lower layer threw; a kind and an exit code that are already known survive. */
export function explain(error: unknown, action: string): EngineError {
  const cause = firstFailure(error);
  const known = cause instanceof EngineError ? cause : undefined;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(known?.kind ?? "internal", `${action}: ${reason}`, {
    cause: error,
    ...(known?.exitCode === undefined ? {} : { exitCode: known.exitCode }),
  });
}
