/** What is wanted next: a piece to be had whole, or a stretch to be passed on as it comes. */
type Want =
  | { readonly kind: "whole"; readonly size: number; readonly use: (piece: Buffer) => void }
  | {
      readonly kind: "stretch";
      left: number;
      /** Undefined: the bytes are passed over. */
      readonly emit: ((bytes: Buffer) => void) | undefined;
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
  readonly #onOther: (bytes: Buffer) => void;

  /** `onOther` gets all bytes, in their order, but for those that a stretch emits. */
  constructor(onOther: (bytes: Buffer) => void = () => undefined) {
    this.#onOther = onOther;
  }

  /** How many bytes were used up. */
  get position(): number {
    return this.#position;
  }

  /** Nothing of the wanted piece has come yet. */
  get isAtStart(): boolean {
    return this.#heldBytes === 0;
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

  /** Passes over `size` bytes, then calls `done`. */
  skip(size: number, done: () => void): void {
    if (size === 0) done();
    else this.#want = { kind: "stretch", left: size, emit: undefined, done };
  }

  /** Whatever still comes is nobody's. */
  stop(): void {
    this.#want = undefined;
  }

  feed(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length && this.#want !== undefined) {
      at +=
        this.#want.kind === "whole"
          ? this.#gather(bytes, at, this.#want)
          : this.#pass(bytes, at, this.#want);
    }
    if (at < bytes.length) this.#onOther(bytes.subarray(at));
  }

  /** Returns how many of the bytes from `at` on were used. */
  #gather(bytes: Buffer, at: number, { size, use }: Extract<Want, { kind: "whole" }>): number {
    const taken = Math.min(size - this.#heldBytes, bytes.length - at);
    const part = bytes.subarray(at, at + taken);
    this.#position += taken;
    this.#onOther(part);
    if (taken === size) {
      use(part);
    } else {
      // Copied: the feeder may use its memory again.
      this.#held.push(Buffer.from(part));
      this.#heldBytes += taken;
      if (this.#heldBytes === size) use(this.#takeHeld());
    }
    return taken;
  }

  #takeHeld(): Buffer {
    const whole = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    return whole;
  }

  /** Returns how many of the bytes from `at` on were used. */
  #pass(bytes: Buffer, at: number, want: Extract<Want, { kind: "stretch" }>): number {
    const taken = Math.min(want.left, bytes.length - at);
    this.#position += taken;
    want.left -= taken;
    (want.emit ?? this.#onOther)(bytes.subarray(at, at + taken));
    if (want.left === 0) want.done();
    return taken;
  }
}
