import type { IdleWatch } from "./idle-watch.ts";

/** A registry may have to copy a whole blob within its storage before it answers. */
export const STORING_PATIENCE = 10;

/**
 * A body that is sent piece by piece as the server takes it. While the source makes its next piece
 * the server is not what is waited for. The source is closed in the end, whoever ends it.
 */
export class UploadBody {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #watch: IdleWatch;
  #failure: { readonly cause: unknown } | undefined;

  constructor(source: AsyncIterable<Uint8Array>, watch: IdleWatch) {
    this.#source = source[Symbol.asyncIterator]();
    this.#watch = watch;
    this.stream = new ReadableStream(
      { pull: (controller) => this.#pull(controller) },
      // Nothing is read ahead: the source may be the output of a compressor.
      { highWaterMark: 0 },
    );
  }

  /** What the source threw, which is no fault of the network. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure;
  }

  /** Lets go of the source. It may be in the midst of a piece, which nobody waits for. */
  close(): void {
    this.#source.return?.().catch(() => undefined);
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#watch.pause();
    const piece = await this.#readPiece();
    this.#watch.resume(piece === undefined ? STORING_PATIENCE : 1);
    try {
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    } catch {
      // The connection broke while the source made this piece: that is told by the request.
    }
  }

  async #readPiece(): Promise<Uint8Array | undefined> {
    try {
      const { done, value } = await this.#source.next();
      return done === true ? undefined : value;
    } catch (cause) {
      this.#failure = { cause };
      this.#watch.resume();
      throw cause;
    }
  }
}
