import type { Input } from "../io.ts";

/** Lines of standard input, one when it is asked for. */
export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #aborted: Promise<never>;
  #rest = "";

  constructor(input: Input, signal: AbortSignal) {
    this.#chunks = input.stream()[Symbol.asyncIterator]();
    const { promise, reject } = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    promise.catch(() => undefined); // Nobody may be waiting for a line then.
    this.#aborted = promise;
  }

  /** The next line without its end; what is left where the input ends. */
  async next(): Promise<string> {
    while (!this.#rest.includes("\n")) {
      const { done, value } = await Promise.race([this.#aborted, this.#chunks.next()]);
      if (done === true) break;
      this.#rest += this.#decoder.decode(value, { stream: true });
    }
    const [line = "", ...more] = this.#rest.split("\n");
    this.#rest = more.join("\n");
    return line;
  }
}
