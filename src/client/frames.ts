/** Whose bytes they are. */
export type StreamName = "stdout" | "stderr";

/** Takes a piece of a stream; it is only valid during the call. */
export type FrameSink = (stream: StreamName, piece: Uint8Array) => void;

const HEAD_BYTES = 8;
const STREAMS: readonly (StreamName | "error")[] = ["stdout", "stdout", "stderr", "error"];
const ERROR_LIMIT = 64 * 1024;

/**
 * Takes Docker's multiplexed stream apart: frames of a type, three zeros and a 32-bit length, then
 * the bytes. A payload is passed on as the pieces it came in, never gathered.
 */
export class FrameDecoder {
  readonly #sink: FrameSink;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #headBytes = 0;
  #left = 0;
  #stream: StreamName | "error" = "stdout";
  #error = "";

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Throws what the daemon says in a frame of type 3: it is the stream's end. */
  push(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      at = this.#left > 0 ? this.#takePayload(chunk, at) : this.#takeHead(chunk, at);
    }
  }

  /** Throws if the stream ended inside a frame. */
  end(): void {
    if (this.#left > 0 || this.#headBytes > 0) throw new Error("unexpected EOF");
  }

  #takeHead(chunk: Uint8Array, from: number): number {
    const part = chunk.subarray(from, from + HEAD_BYTES - this.#headBytes);
    this.#head.set(part, this.#headBytes);
    this.#headBytes += part.byteLength;
    if (this.#headBytes === HEAD_BYTES) this.#openFrame();
    return from + part.byteLength;
  }

  #openFrame(): void {
    const [type = 0] = this.#head;
    const stream = STREAMS[type];
    if (stream === undefined) throw new Error(`Unrecognized input header: ${type}`);
    this.#stream = stream;
    this.#left = new DataView(this.#head.buffer).getUint32(4);
    this.#headBytes = 0;
    if (stream === "error" && this.#left === 0) throw new Error("error from daemon in stream: ");
  }

  #takePayload(chunk: Uint8Array, from: number): number {
    const piece = chunk.subarray(from, from + this.#left);
    this.#left -= piece.byteLength;
    if (this.#stream === "error") this.#takeError(piece);
    else this.#sink(this.#stream, piece);
    return from + piece.byteLength;
  }

  #takeError(piece: Uint8Array): void {
    if (this.#error.length < ERROR_LIMIT) this.#error += Buffer.from(piece).toString();
    if (this.#left === 0) throw new Error(`error from daemon in stream: ${this.#error}`);
  }
}
