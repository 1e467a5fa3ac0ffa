import { ApiError } from "../client/errors.ts";
import { CommandError } from "./command.ts";
import { type Io, print } from "./io.ts";

/** What a shell sees of a program that wrote to a pipe nobody reads. */
const BROKEN_PIPE_EXIT = 141;

/** Tells the user what failed, and returns the exit code. */
export async function reportError(error: unknown, io: Io): Promise<number> {
  if (isBrokenPipe(error)) return BROKEN_PIPE_EXIT;
  const message = describeError(error);
  if (message !== "") await print(io.stderr, `${message}\n`);
  return error instanceof CommandError ? error.exitCode : 1;
}

/** The text that the user sees. */
export function describeError(error: unknown): string {
  if (error instanceof ApiError) return `Error response from daemon: ${error.message}`;
  if (isCutOff(error)) return "unexpected EOF: the daemon closed the connection, it may have ended";
  return error instanceof Error ? error.message : String(error);
}

/** Nobody reads our output any more: no failure of what was asked for. */
export function isBrokenPipe(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

/** An answer that was begun does not come to its end. */
function isCutOff(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ECONNRESET";
}
