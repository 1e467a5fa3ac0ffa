/**
 * Ends an exchange when the peer has been silent for too long, or when its user gives up. The time
 * in which nobody waits for the peer does not count.
 */
export class IdleWatch implements Disposable {
  readonly #controller = new AbortController();
  readonly #limitMs: number;
  readonly #user: AbortSignal;
  #timer: Timer | undefined;
  #isExpired = false;
  #factor = 1;

  constructor(user: AbortSignal, limitMs: number) {
    this.#user = user;
    this.#limitMs = limitMs;
    if (user.aborted) this.#giveUp();
    else user.addEventListener("abort", this.#giveUp, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isExpired(): boolean {
    return this.#isExpired;
  }

  /** Waits for something that the peer has to do. */
  async waitFor<T>(work: Promise<T>, factor = 1): Promise<T> {
    this.resume(factor);
    try {
      return await work;
    } finally {
      this.pause();
    }
  }

  /** From here on the peer has its full time again, or a multiple of it. */
  resume(factor = 1): void {
    this.pause();
    this.#factor = factor;
    this.#timer = setTimeout(() => this.#expire(), this.#limitMs * factor);
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.pause();
    this.#user.removeEventListener("abort", this.#giveUp);
  }

  readonly #giveUp = () => this.#controller.abort(this.#user.reason);

  #expire(): void {
    this.#isExpired = true;
    const text = `The server was silent for ${this.#limitMs * this.#factor} ms`;
    this.#controller.abort(new DOMException(text, "TimeoutError"));
  }
}
