import type { ByteStream } from "../client/api-transport.ts";
import { collectOutput, type OutputChunk, type RunResult, readStream } from "./output.ts";

/** What a program reads: a text, bytes, or pieces of either. */
export type Input = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/** In characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** How a connection to a program is read, and how its end is learnt. */
export interface Attachment {
  readonly tty: boolean;
  readonly exitCode: () => Promise<number>;
  readonly resize: (size: TerminalSize) => Promise<void>;
}

/** A program in a container, with a connection to its input and output. */
export class ContainerProcess {
  readonly #stream: ByteStream;
  readonly #attachment: Attachment;
  #isClosed = false;

  constructor(stream: ByteStream, attachment: Attachment) {
    this.#stream = stream;
    this.#attachment = attachment;
  }

  /** What it writes, as it comes. It can be read once; a reader that stops early hangs up. */
  async *output(): AsyncGenerator<OutputChunk> {
    try {
      yield* readStream(this.#stream, this.#attachment.tty);
    } finally {
      this.close();
    }
  }

  /** Sends input; resolves when more can be sent. */
  async write(input: string | Uint8Array): Promise<void> {
    await this.#stream.write(typeof input === "string" ? new TextEncoder().encode(input) : input);
  }

  /** Ends its input: it reads an end of file. */
  closeInput(): void {
    this.#stream.closeWrite();
  }

  /** Sends all of an input, and ends it; what is left when the connection has ended is not asked for. */
  async feed(input: Input): Promise<void> {
    const isWhole = typeof input === "string" || input instanceof Uint8Array;
    for await (const part of isWhole ? [input] : input) {
      if (this.#isClosed) return;
      // Sending nothing could only fail, where the program and its connection have ended.
      if (part.length > 0) await this.write(part);
    }
    this.closeInput();
  }

  /** Sets the size of its terminal while it runs. */
  async resize(size: TerminalSize): Promise<void> {
    await this.#attachment.resize(size);
  }

  /** How it ended; known when its output has been read to the end. */
  exitCode(): Promise<number> {
    return this.#attachment.exitCode();
  }

  /** Sends its input, reads all output, and says how it ended. */
  async finish(input: Input = ""): Promise<RunResult> {
    const output = collectOutput(this.output());
    try {
      // A program need not read all of its input, which may have no end.
      const texts = await Promise.race([output, this.feed(input).then(() => output)]);
      return { exitCode: await this.exitCode(), ...texts };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Hangs up. The program goes on. */
  close(): void {
    this.#isClosed = true;
    this.#stream.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
