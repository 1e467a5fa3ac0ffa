import type { Duplex } from "node:stream";
import { formatTime, nowNs } from "../../../src/base/time.ts";
import type { AttachOptions, LogEntry, Session } from "../../../src/engine/facade.ts";
import { encodeFrame } from "../../../src/engine/streams/frames.ts";

/** What runs: it takes input and makes output. */
export class Program {
  readonly #command: readonly string[];
  readonly #entries: LogEntry[] = [];
  readonly #listeners = new Set<(entry: LogEntry | undefined) => void>();
  readonly #started = Promise.withResolvers<void>();
  readonly #exited = Promise.withResolvers<number>();
  running = false;
  exitCode: number | undefined;

  constructor(command: readonly string[]) {
    this.#command = command;
  }

  get exited(): Promise<number> {
    return this.#exited.promise;
  }

  start(): void {
    this.running = true;
    this.#started.resolve();
    const [name, ...words] = this.#command;
    if (name === "echo") this.write("stdout", `${words.join(" ")}\n`);
    if (name === "both") {
      this.write("stdout", "out\n");
      this.write("stderr", "err\n");
    }
    if (name === "exit") this.exit(Number(words[0]));
    else if (name !== "cat" && name !== "sleep") this.exit(0);
  }

  write(stream: LogEntry["stream"], text: string | Uint8Array): void {
    const entry = { stream, time: formatTime(nowNs()), line: Buffer.from(text) };
    this.#entries.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }

  /** What a client sends before the start waits for it. */
  input(bytes: Uint8Array): void {
    if (this.#command[0] === "cat")
      void this.#started.promise.then(() => this.write("stdout", bytes));
  }

  endInput(): void {
    if (this.#command[0] === "cat") void this.#started.promise.then(() => this.exit(0));
  }

  exit(code: number): void {
    if (!this.running && this.exitCode !== undefined) return;
    this.running = false;
    this.exitCode = code;
    for (const listener of this.#listeners) listener(undefined);
    this.#exited.resolve(code);
  }

  listen(listener: (entry: LogEntry | undefined) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async *output(raw: boolean, follow: boolean, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const batch of this.entries(follow, signal)) {
      for (const { stream, line } of batch) yield raw ? line : encodeFrame(stream, line);
    }
  }

  async *entries(follow: boolean, signal: AbortSignal): AsyncGenerator<readonly LogEntry[]> {
    const pending: (LogEntry | undefined)[] = [...this.#entries];
    let wake = () => {};
    using _ = this.listen((entry) => {
      pending.push(entry);
      wake();
    });
    while (!signal.aborted) {
      const batch = pending.splice(0).filter((entry) => entry !== undefined);
      if (batch.length > 0) yield batch;
      if (!follow || (!this.running && pending.length === 0)) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
}

/** A client's connection to a program. */
export function sessionOf(program: Program, tty: boolean, options: AttachOptions): Session {
  return {
    tty,
    serve: (client: Duplex) =>
      new Promise<void>((resolve) => {
        const listening = program.listen((entry) => {
          if (entry === undefined) return end();
          if (!options[entry.stream]) return;
          client.write(tty ? entry.line : encodeFrame(entry.stream, entry.line));
        });
        const end = () => {
          listening[Symbol.dispose]();
          resolve();
        };
        if (options.stdin) {
          client.on("data", (bytes) => program.input(bytes));
          client.on("end", () => program.endInput());
        }
        client.on("close", end);
        if (program.exitCode !== undefined) end();
      }),
  };
}
