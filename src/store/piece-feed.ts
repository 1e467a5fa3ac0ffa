/** What is wanted next: a piece to be had whole, or a stretch to be passed on as it comes. */
type Want =
  | { readonly kind: "whole"; readonly size: number; readonly use: (piece: Buffer) => void }
  | {
      readonly kind: "stretch";
      left: number;
      readonly emit: (bytes: Buffer) => void;
      readonly done: () => void;
    };

/**
 * Cuts bytes that come in pieces of any size into the pieces that a parser asks for. Each callback
 * says what is wanted next, else the same is wanted again; bytes are copied only where a piece
 * comes in parts.
 */
export class PieceFeed {
  #want: Want | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #position = 0;

  /** How many bytes were used up. */
  get position(): number {
    return this.#position;
  }

  /** Nothing of the wanted piece has come yet. */
  get isAtStart(): boolean {
    return this.#heldBytes === 0;
  }

  /** Nothing more is wanted. */
  get hasStopped(): boolean {
    return this.#want === undefined;
  }

  /** Wants `size` bytes (at least one) in one piece. */
  wantWhole(size: number, use: (piece: Buffer) => void): void {
    this.#want = { kind: "whole", size, use };
  }

  /** Wants `size` bytes in pieces as they come, then calls `done`. */
  wantStretch(size: number, emit: (bytes: Buffer) => void, done: () => void): void {
    if (size === 0) done();
    else this.#want = { kind: "stretch", left: size, emit, done };
  }

  stop(): void {
    this.#want = undefined;
  }

  feed(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let rest = bytes;
    while (rest.length > 0 && this.#want !== undefined) {
      rest =
        this.#want.kind === "whole" ? this.#gather(rest, this.#want) : this.#pass(rest, this.#want);
    }
  }

  /** Returns what is left of the bytes. */
  #gather(bytes: Buffer, { size, use }: Extract<Want, { kind: "whole" }>): Buffer {
    const taken = Math.min(size - this.#heldBytes, bytes.length);
    const part = bytes.subarray(0, taken);
    this.#position += taken;
    if (taken === size) {
      use(part);
    } else {
      // Copied: the feeder may use its memory again.
      this.#held.push(Buffer.from(part));
      this.#heldBytes += taken;
      if (this.#heldBytes === size) use(this.#takeHeld());
    }
    return bytes.subarray(taken);
  }

  #takeHeld(): Buffer {
    const whole = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }

  /** Returns what is left of the bytes. */
  #pass(bytes: Buffer, want: Extract<Want, { kind: "stretch" }>): Buffer {
    const taken = Math.min(want.left, bytes.length);
    this.#position += taken;
    want.left -= taken;
    want.emit(taken === bytes.length ? bytes : bytes.subarray(0, taken));
    if (want.left === 0) want.done();
    return bytes.subarray(taken);
  }
}
