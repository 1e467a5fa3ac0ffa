import type { DaemonProcess, Io, Output, ProgramResult, SignalName } from "../cli/io.ts";

/** This process, as the command line sees it. */
export const processIo: Io = {
  env: process.env,
  directory: process.cwd(),
  stdin: { stream: () => Bun.stdin.stream() },
  stdout: makeOutput(Bun.stdout),
  stderr: makeOutput(Bun.stderr),
  terminal: {
    isTerminal: async (stream) => (await terminal()).isTerminal(stream),
    size: async (stream) => (await terminal()).size(stream),
    makeRaw: async () => (await terminal()).makeRaw(),
    hideInput: async () => (await terminal()).hideInput(),
  },
  onSignal,
  runProgram,
  startDaemon,
};

/** Loaded when it is asked for: most commands never do. */
async function terminal(): Promise<Io["terminal"]> {
  return (await import("./terminal.ts")).processTerminal;
}

// process.stdout costs 10 ms to make; a file's sink costs nothing until it is used.
function makeOutput(file: Bun.BunFile): Output {
  let sink: Bun.FileSink | undefined;
  // A write that fails later says so in its own promise, which must not go unheard.
  let failure: unknown;
  const hear = (result: unknown) => {
    if (!(result instanceof Promise)) return undefined;
    return result.then(
      () => undefined,
      (error: unknown) => {
        failure ??= error;
      },
    );
  };
  return {
    write(chunk) {
      sink ??= file.writer();
      void hear(sink.write(chunk));
    },
    flush() {
      if (failure !== undefined) return Promise.reject(failure);
      const flushed = hear(sink?.flush());
      return flushed?.then(() => {
        if (failure !== undefined) throw failure;
      });
    },
  };
}

function onSignal(name: SignalName, handler: (name: SignalName) => void): Disposable {
  const listener = () => handler(name);
  process.on(name, listener);
  return { [Symbol.dispose]: () => process.off(name, listener) };
}

async function runProgram(
  [name = "", ...args]: readonly string[],
  input: string,
): Promise<ProgramResult | undefined> {
  const path = Bun.which(name);
  if (path === null) return undefined;
  const child = Bun.spawn([path, ...args], {
    stdin: Buffer.from(input),
    stdout: "pipe",
    stderr: "inherit",
  });
  const [stdout, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
  return { exitCode, stdout };
}

function startDaemon(logPath: string): DaemonProcess {
  const log = require("node:fs").openSync(logPath, "a", 0o600);
  const daemon = Bun.spawn([process.execPath, ...process.execArgv, Bun.main, "daemon"], {
    cwd: "/",
    stdio: ["ignore", log, log],
    detached: true,
  });
  daemon.unref();
  return { exited: daemon.exited };
}
