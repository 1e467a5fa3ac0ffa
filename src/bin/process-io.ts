import type { DaemonProcess, Io, Output, SignalName } from "../cli/io.ts";

/** This process, as the command line sees it. */
export const processIo: Io = {
  env: process.env,
  directory: process.cwd(),
  stdin: { stream: () => Bun.stdin.stream() },
  stdout: makeOutput(Bun.stdout),
  stderr: makeOutput(Bun.stderr),
  terminal: {
    isTerminal: async (stream) => (await terminal()).isTerminal(stream),
    size: async () => (await terminal()).size(),
    makeRaw: async () => (await terminal()).makeRaw(),
  },
  onSignal,
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
