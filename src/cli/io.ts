/**
 * What the command line needs of the process it runs in. `src/bin/` gives the real one; nothing
 * below touches `process` or `console`, so that a test can run a command inside its own process.
 */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For paths that the user wrote. */
  readonly directory: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly terminal: Terminal;
  /** Calls back for each such signal, instead of its default action, until disposed. */
  onSignal(name: SignalName, handler: (name: SignalName) => void): Disposable;
  /** Runs a program from PATH to its end; undefined where there is none of that name. */
  runProgram(command: readonly string[], input: string): Promise<ProgramResult | undefined>;
  /** Starts `sampan daemon` apart from this process, its output appended to the file. */
  startDaemon(logPath: string): DaemonProcess;
}

export interface Input {
  stream(): ReadableStream<Uint8Array>;
}

export interface Output {
  /** Takes the bytes; flush() is what waits for the reader. */
  write(chunk: Uint8Array | string): void;
  /** Resolves when all was taken; a promise is only returned where that is not at once. */
  flush(): Promise<void> | undefined;
}

/** The terminal behind the standard streams, where there is one. */
export interface Terminal {
  isTerminal(stream: "stdin" | "stdout" | "stderr"): Promise<boolean>;
  /** Of stdout where this says nothing; undefined where it is no terminal. */
  size(stream?: "stdout" | "stderr"): Promise<WindowSize | undefined>;
  /** Takes stdin's terminal out of line mode, until disposed. */
  makeRaw(): Promise<Disposable>;
  /** Keeps what is typed from being seen, until disposed. */
  hideInput(): Promise<Disposable>;
}

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

/** What a program said, and how it ended. Its stderr is the user's. */
export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
}

export interface DaemonProcess {
  /** Settles when the process ends. */
  readonly exited: Promise<number>;
}

/** The signals that a client passes on to a container. */
export type SignalName = (typeof PROXIED_SIGNALS)[number] | "SIGWINCH";

export const PROXIED_SIGNALS = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGTERM",
  "SIGCONT",
  "SIGTSTP",
  "SIGTTIN",
  "SIGTTOU",
] as const;

/** Writes a text and waits until it was taken. */
export async function print(output: Output, text: string): Promise<void> {
  output.write(text);
  await output.flush();
}
