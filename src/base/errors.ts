/** What went wrong, seen by the caller. The API turns it into a status, the CLI into an exit code. */
export type ErrorKind =
  | "invalid"
  | "not-found"
  | "conflict"
  | "forbidden"
  | "unavailable"
  | "internal";

/** The only error class that crosses a layer. The message says what failed, then why. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Adds context to what a lower layer threw; a kind that is already known survives. */
export function explain(cause: unknown, action: string): EngineError {
  const kind = cause instanceof EngineError ? cause.kind : "internal";
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(kind, `${action}: ${reason}`, { cause });
}
