import { EngineError } from "../../base/errors.ts";

const DEFAULT = "ctrl-p,ctrl-q";

/** The bytes of a detach sequence in Docker's notation: single characters, `ctrl-x`, `DEL`. */
export function parseDetachKeys(text = DEFAULT): Uint8Array {
  const keys = (text === "" ? DEFAULT : text).split(",");
  return Uint8Array.from(keys, (key) => {
    const code = codeOf(key);
    if (code !== undefined) return code;
    throw new EngineError(
      "invalid",
      `Invalid detach keys (${text}) provided: unknown key "${key}"`,
    );
  });
}

function codeOf(key: string): number | undefined {
  if (key === "DEL") return 0x7f;
  const letter = key.toLowerCase().startsWith("ctrl-") ? key.slice(5).toUpperCase() : "";
  // Control characters are the column of capitals, 64 lower: ctrl-@ is 0, ctrl-_ is 31.
  if (/^[@-_]$/.test(letter)) return letter.charCodeAt(0) - 0x40;
  return /^[\x20-\x7e]$/.test(key) ? key.charCodeAt(0) : undefined;
}

/** Looks for the detach sequence in what a terminal's user types, across chunks. */
export class DetachScanner {
  readonly #keys: Uint8Array;
  /** How much of the sequence has been typed, and is held back. */
  #held = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  /** What to pass on of a chunk, and whether the sequence is complete; nothing after it is passed on. */
  scan(chunk: Uint8Array): { readonly pass: Uint8Array; readonly detached: boolean } {
    const pass: number[] = [];
    for (const byte of chunk) {
      this.#release(byte, pass);
      if (byte === this.#keys[this.#held]) this.#held += 1;
      else pass.push(byte);
      if (this.#held === this.#keys.length) return { pass: Uint8Array.from(pass), detached: true };
    }
    return { pass: Uint8Array.from(pass), detached: false };
  }

  /** What is held back when the input ends in the middle of a sequence. */
  flush(): Uint8Array {
    const rest = this.#keys.slice(0, this.#held);
    this.#held = 0;
    return rest;
  }

  /** Lets go of what can no longer be part of the sequence when `byte` comes next. */
  #release(byte: number, pass: number[]): void {
    while (this.#held > 0 && byte !== this.#keys[this.#held]) {
      const shorter = this.#border(this.#held);
      pass.push(...this.#keys.subarray(0, this.#held - shorter));
      this.#held = shorter;
    }
  }

  /** The longest beginning of the sequence that also ends its first `length` keys. */
  #border(length: number): number {
    for (let border = length - 1; border > 0; border--) {
      const ends = this.#keys.subarray(length - border, length);
      if (ends.every((key, index) => key === this.#keys[index])) return border;
    }
    return 0;
  }
}
