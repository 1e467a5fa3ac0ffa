/**
 * Collects garbage after so many bytes have passed through buffers. The collector goes by objects, of
 * which a few large buffers are none worth mentioning, so that tens of megabytes would lie around.
 */
export class ByteGarbage {
  readonly #limit: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  /** Notes bytes that nobody needs any more. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < this.#limit) return;
    this.#bytes = 0;
    Bun.gc(true);
  }
}
