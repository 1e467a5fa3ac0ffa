import { HttpFailure } from "./failure.ts";
import { type Framing, parseField } from "./head.ts";
import type { HttpLimits } from "./limits.ts";
import type { ByteSource } from "./source.ts";

const CHUNK_SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(;.*)?$/;
const MALFORMED = "malformed chunked body";
const PIECE = 64 * 1024;

/**
 * A request's body, pulled once: what its readers do not take stays with the client, and who reads
 * on after another one stopped gets the rest. A body that is cut off or malformed fails its reader.
 */
export class RequestBody implements AsyncIterable<Uint8Array> {
  readonly framing: Framing;
  readonly #source: ByteSource;
  readonly #limits: HttpLimits;
  #pieces: AsyncGenerator<Uint8Array> | undefined;
  #complete: boolean;
  /** Called when the reader wants the first byte: the time for a 100-continue. */
  onRead: () => void = () => {};

  constructor(source: ByteSource, framing: Framing, limits: HttpLimits) {
    this.#source = source;
    this.#limits = limits;
    this.framing = framing;
    this.#complete = framing.kind === "none";
  }

  /** Nothing of it is left to read. */
  get complete(): boolean {
    return this.#complete;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    this.#pieces ??= this.#read();
    const pieces = this.#pieces;
    // No return(): a reader that stops does not take the rest away from the next one.
    return { next: () => pieces.next() };
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    if (this.#complete) return;
    this.onRead();
    if (this.framing.kind === "length") yield* this.#exactly(this.framing.bytes);
    else yield* this.#chunks();
    this.#complete = true;
  }

  async *#exactly(bytes: number): AsyncGenerator<Uint8Array> {
    let left = bytes;
    while (left > 0) {
      if (!(await this.#source.hasMoreThan(0))) throw cutOff();
      const piece = this.#source.take(Math.min(left, PIECE));
      left -= piece.length;
      // The last piece ends the body even when its reader wants no more.
      this.#complete = left === 0 && this.framing.kind === "length";
      yield piece;
    }
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const size = parseChunkSize(await this.#line(this.#limits.chunkLineBytes));
      if (size === 0) break;
      yield* this.#exactly(size);
      if ((await this.#line(0)) !== "") throw malformedChunk();
    }
    await this.#skipTrailers();
  }

  /** Trailers are checked and dropped: none means anything here. */
  async #skipTrailers(): Promise<void> {
    let left = this.#limits.trailerBytes;
    for (let line = await this.#line(left); line !== ""; line = await this.#line(left)) {
      parseField(line);
      left -= line.length;
    }
  }

  async #line(bytes: number): Promise<string> {
    const line = await this.#source.takeLine({ bytes, status: 400, message: MALFORMED });
    if (line === undefined) throw cutOff();
    return line;
  }
}

function parseChunkSize(line: string): number {
  const [, digits] = CHUNK_SIZE.exec(line) ?? [];
  if (digits === undefined) throw malformedChunk();
  return Number.parseInt(digits, 16);
}

function malformedChunk(): HttpFailure {
  return new HttpFailure(400, MALFORMED);
}

function cutOff(): HttpFailure {
  return new HttpFailure(400, "unexpected EOF: the request body was cut off");
}
