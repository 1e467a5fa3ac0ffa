import { PATIENCE_MS } from "./patience.ts";

/** What a program said, and how it ended. */
export interface Outcome {
  /** 128 + signal for a killed one, as a shell has it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The program is killed then. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. A failure is an answer, not an error. */
export async function runProgram(
  command: readonly string[],
  { stdin, env, cwd, timeoutMs = PATIENCE_MS }: RunOptions = {},
): Promise<Outcome> {
  const child = Bun.spawn([...command], {
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
    env: { ...process.env, ...env },
    timeout: timeoutMs,
    killSignal: "SIGKILL",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const [stdout, stderr, status] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { status, stdout, stderr };
}

/** Runs a program that must succeed and returns its stdout. */
export async function mustRun(command: readonly string[], options?: RunOptions): Promise<string> {
  const { status, stdout, stderr } = await runProgram(command, options);
  if (status === 0) return stdout;
  throw new Error(`${command.join(" ")}: exit status ${status}\n${stdout}${stderr}`);
}
