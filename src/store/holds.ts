/** Keeps things from being collected while somebody works with them. Not stored: a dead process holds nothing. */
export class Holds<Key> {
  readonly #counts = new Map<Key, number>();
  readonly #onRelease: (key: Key) => void;

  /** `onRelease` is called when the last hold of a key ends. */
  constructor(onRelease: (key: Key) => void) {
    this.#onRelease = onRelease;
  }

  has(key: Key): boolean {
    return this.#counts.has(key);
  }

  /** Holds until the returned object is disposed of. */
  hold(key: Key): Disposable {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#release(key);
        isHeld = false;
      },
    };
  }

  #release(key: Key): void {
    const count = (this.#counts.get(key) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(key, count);
      return;
    }
    this.#counts.delete(key);
    this.#onRelease(key);
  }
}
