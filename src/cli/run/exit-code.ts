import { ApiError } from "../../client/errors.ts";
import { CommandError } from "../command.ts";
import { describeError, isBrokenPipe } from "../report-error.ts";

const NOT_FOUND =
  /executable file not found|no such file or directory|system cannot find the file/i;
const NOT_EXECUTABLE = /permission denied|is a directory/i;

/** A failure of `run` and `create`, told as a shell's own failures are: 125, 126 or 127. */
export function explainFailure(error: unknown, path: string): Error {
  if (isBrokenPipe(error)) return error;
  const hint = `Run '${path} --help' for more information`;
  const message = `sampan: ${describeError(error)}\n\n${hint}`;
  return new CommandError(message, exitCodeOf(error), { cause: error });
}

/** What a shell would return if it failed to start the program for that reason. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof ApiError)) return 125;
  if (NOT_FOUND.test(error.message)) return 127;
  return NOT_EXECUTABLE.test(error.message) ? 126 : 125;
}
