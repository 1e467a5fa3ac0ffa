const SLICE_MS = 5;

/** Lets other work go on in between: what reads or copies much may take minutes. */
export class Slices {
  #endsAt = performance.now() + SLICE_MS;

  /** Waits for what else there is to do when enough time has passed. */
  async pause(): Promise<void> {
    if (performance.now() < this.#endsAt) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#endsAt = performance.now() + SLICE_MS;
  }
}
