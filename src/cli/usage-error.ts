/** A command line that the command cannot take; the message ends with where to read more. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode: number;

  constructor(reason: string, command: { path: string; usage: string; exitCode: number }) {
    const { path, usage, exitCode } = command;
    const hint = `Run '${path} --help' for more information`;
    super(`${reason}\n\nUsage:  ${`${path} ${usage}`.trimEnd()}\n\n${hint}`);
    this.exitCode = exitCode;
  }
}
