import type { Io, SignalName } from "../../src/cli/io.ts";

/** A command line's surroundings that a test sets up and looks at afterwards. */
export interface RecordedIo extends Io {
  readonly out: () => string;
  readonly err: () => string;
  /** Sends a signal to whoever listens. */
  signal(name: SignalName): void;
}

/** Makes surroundings with nothing in them but what is given. */
export function recordedIo(given: Partial<Io> & { readonly input?: string } = {}): RecordedIo {
  const written = { stdout: "", stderr: "" };
  const handlers = new Map<SignalName, Set<(name: SignalName) => void>>();
  const output = (name: keyof typeof written) => {
    const decoder = new TextDecoder();
    return {
      write: (chunk: Uint8Array | string) => {
        written[name] +=
          typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      },
      flush: () => undefined,
    };
  };
  return {
    env: {},
    directory: "/here",
    stdin: { stream: () => new Blob([given.input ?? ""]).stream() },
    stdout: output("stdout"),
    stderr: output("stderr"),
    terminal: {
      isTerminal: async () => false,
      size: async () => undefined,
      makeRaw: async () => ({ [Symbol.dispose]: () => undefined }),
      hideInput: async () => ({ [Symbol.dispose]: () => undefined }),
    },
    onSignal(name, handler) {
      const known = handlers.get(name) ?? new Set();
      handlers.set(name, known.add(handler));
      return { [Symbol.dispose]: () => known.delete(handler) };
    },
    runProgram: async () => undefined,
    startDaemon: () => {
      throw new Error("no daemon is started in this test");
    },
    ...given,
    out: () => written.stdout,
    err: () => written.stderr,
    signal: (name) => {
      for (const handler of handlers.get(name) ?? []) handler(name);
    },
  };
}
