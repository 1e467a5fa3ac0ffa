/** A program that failed: what it was and the end of what it said. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

/** Runs a program and returns its stdout; a failure is thrown with its output. */
export async function runProgram(
  command: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  const child = Bun.spawn([...command], {
    ...options,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (status === 0) return stdout;
  throw new ProgramError(`${command.join(" ")}: exit status ${status}\n${stderr.slice(-2000)}`);
}
