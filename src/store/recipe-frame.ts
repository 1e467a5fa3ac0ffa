import { EngineError } from "../base/errors.ts";

/** One part of an archive: bytes as they are, or a part of a file. */
export type RecipeStep =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | {
      readonly kind: "content";
      readonly path: string;
      readonly offset: number;
      readonly length: number;
    };

const BYTES = 0;
const CONTENT = 1;
const HEAD = { bytes: 5, content: 17 } as const;
const NO_STEP = -1;

/** Steps that are written together: in one piece of memory, which is used again for the next ones. */
export class RecipeFrame {
  #memory = Buffer.allocUnsafe(1 << 18);
  #used = 0;
  /** Where the last step begins, if it is one of bytes, to which more can be added. */
  #lastBytes = NO_STEP;

  /** In bytes. */
  get size(): number {
    return this.#used;
  }

  addBytes(bytes: Uint8Array): void {
    this.#reserve(HEAD.bytes + bytes.length);
    if (this.#lastBytes === NO_STEP) this.#beginBytes();
    const lengthAt = this.#lastBytes + 1;
    this.#memory.writeUInt32LE(this.#memory.readUInt32LE(lengthAt) + bytes.length, lengthAt);
    this.#memory.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  addContent({ path, offset, length }: { path: string; offset: number; length: number }): void {
    this.#reserve(HEAD.content + path.length);
    const at = this.#used;
    this.#memory[at] = CONTENT;
    this.#memory.writeUIntLE(offset, at + 1, 6);
    this.#memory.writeUIntLE(length, at + 7, 6);
    this.#memory.writeUInt32LE(path.length, at + 13);
    this.#memory.write(path, at + HEAD.content, "latin1");
    this.#used = at + HEAD.content + path.length;
    this.#lastBytes = NO_STEP;
  }

  /** All that was added, encoded; good until the next is added. The frame is empty then. */
  take(): Buffer {
    const whole = this.#memory.subarray(0, this.#used);
    this.#used = 0;
    this.#lastBytes = NO_STEP;
    return whole;
  }

  #beginBytes(): void {
    this.#lastBytes = this.#used;
    this.#memory[this.#used] = BYTES;
    this.#memory.writeUInt32LE(0, this.#used + 1);
    this.#used += HEAD.bytes;
  }

  #reserve(bytes: number): void {
    const wanted = this.#used + bytes;
    if (wanted <= this.#memory.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#memory.length));
    larger.set(this.#memory.subarray(0, this.#used));
    this.#memory = larger;
  }
}

/** Reads what RecipeFrame wrote. */
export function* readFrame(frame: Buffer): Generator<RecipeStep> {
  for (let at = 0; at < frame.length; ) {
    const kind = frame[at];
    const headBytes = kind === CONTENT ? HEAD.content : HEAD.bytes;
    if ((kind !== CONTENT && kind !== BYTES) || at + headBytes > frame.length)
      throw damagedRecipe();
    const start = at + headBytes;
    const end = start + frame.readUInt32LE(start - 4);
    if (end > frame.length) throw damagedRecipe();
    if (kind === BYTES) {
      yield { kind: "bytes", bytes: frame.subarray(start, end) };
    } else {
      const [offset, length] = [frame.readUIntLE(at + 1, 6), frame.readUIntLE(at + 7, 6)];
      yield { kind: "content", path: frame.toString("latin1", start, end), offset, length };
    }
    at = end;
  }
}

/** The error for a recipe that no RecipeWriter wrote like this. */
export function damagedRecipe(cause?: unknown): EngineError {
  return new EngineError("internal", "Cannot read a layer's recipe: it is damaged", { cause });
}
