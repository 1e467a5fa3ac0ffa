import { formatSize } from "../format/units.ts";
import { type Io, print } from "../io.ts";

const REDRAW_MS = 75;
const ESC = "\x1b";
// What the cursor goes back to, with the rest of its line empty.
const AGAIN = `${ESC}8${ESC}7${ESC}[2K`;

/** Tells how far a copy is, on one line of a terminal, and at the end what was copied where. */
export class CopyProgress {
  readonly #io: Io;
  readonly #header: string;
  #bytes = 0;
  #isShown = false;
  #drawnAt = 0;

  constructor(io: Io, direction: "to" | "from") {
    this.#io = io;
    this.#header = `Copying ${direction} container - `;
  }

  /** Passes pieces on, and counts them. */
  async *count(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    await this.#begin();
    for await (const piece of pieces) {
      this.#bytes += piece.length;
      if (this.#isShown) await this.#draw();
      yield piece;
    }
  }

  /** Takes the line away; to be called whatever came of the copy. */
  async end(): Promise<void> {
    if (this.#isShown) await print(this.#io.stderr, `${ESC}8${ESC}[2K${ESC}[?25h`);
    this.#isShown = false;
  }

  async tellDone(target: string): Promise<void> {
    const text = `Successfully copied ${formatSize(this.#bytes, 3)} to ${target}\n`;
    await print(this.#io.stderr, text);
  }

  async #begin(): Promise<void> {
    if (!(await this.#io.terminal.isTerminal("stderr"))) return;
    this.#isShown = true;
    await print(this.#io.stderr, `${ESC}[?25l${ESC}7Preparing to copy...`);
  }

  async #draw(): Promise<void> {
    const now = performance.now();
    if (now < this.#drawnAt + REDRAW_MS) return;
    this.#drawnAt = now;
    await print(this.#io.stderr, `${AGAIN}${this.#header}${formatSize(this.#bytes, 3)}`);
  }
}
