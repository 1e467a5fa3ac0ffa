/** What ends an attachment where the user names nothing else. */
export const DEFAULT_DETACH_KEYS = "ctrl-p,ctrl-q";

const CONTROL = "abcdefghijklmnopqrstuvwxyz@[\\]^_";

/** Reads keys such as `ctrl-p,ctrl-q` or `ctrl-@,x` as the bytes that a terminal sends. */
export function parseDetachKeys(written: string): Uint8Array {
  const keys = (written === "" ? DEFAULT_DETACH_KEYS : written).split(",");
  return Uint8Array.from(keys, (key) => parseKey(key, written));
}

function parseKey(key: string, written: string): number {
  const letter = /^ctrl-(.)$/i.exec(key)?.[1]?.toLowerCase();
  if (letter !== undefined && CONTROL.includes(letter)) return letter.charCodeAt(0) & 0x1f;
  const code = key.charCodeAt(0);
  if (key.length === 1 && code < 0x80) return code;
  throw new Error(`invalid detach keys (${written}): Unknown character: '${key}'`);
}

/** What of a chunk is input, and whether the keys were pressed in it. */
export interface Filtered {
  readonly input: Uint8Array;
  readonly detached: boolean;
}

/** Looks for the keys in what is typed. Keys that may begin the sequence wait for the next one. */
export class DetachKeyFilter {
  readonly #keys: Uint8Array;
  #matched = 0;

  constructor(keys: Uint8Array) {
    this.#keys = keys;
  }

  push(chunk: Uint8Array): Filtered {
    const input: number[] = [];
    for (const byte of chunk) {
      if (byte !== this.#keys[this.#matched]) this.#fallBack(input, byte);
      if (byte !== this.#keys[this.#matched]) input.push(byte);
      else if (++this.#matched === this.#keys.length) {
        return { input: Uint8Array.from(input), detached: true };
      }
    }
    return { input: Uint8Array.from(input), detached: false };
  }

  /** Gives back as much of what was held as cannot begin the sequence any more. */
  #fallBack(input: number[], byte: number): void {
    const held = [...this.#keys.subarray(0, this.#matched)];
    while (this.#matched > 0) {
      input.push(held.shift() ?? 0);
      this.#matched = held.length;
      const begins = held.every((key, index) => key === this.#keys[index]);
      if (begins && byte === this.#keys[this.#matched]) return;
    }
  }
}
