import type { ProgressLine } from "../../client/wire.ts";
import { type Output, print, type WindowSize } from "../io.ts";
import { formatStep } from "./progress-text.ts";

/** Often enough for the eye; a fast daemon says more than a terminal can show. */
const REDRAW_MS = 50;
const USUAL_SIZE: WindowSize = { rows: 24, columns: 80 };

const ESC = "\x1b[";
const ERASE_LINE = `${ESC}2K`;

interface LiveLine {
  line: ProgressLine;
  isDrawn: boolean;
}

/**
 * The last lines of a terminal, one for each thing that goes on, redrawn where they are. The cursor
 * rests at the start of the line below them whenever bytes have been written, so a program that is
 * interrupted leaves it there. Its end is to be told with close().
 */
export class LiveLines {
  readonly #output: Output;
  readonly #size: () => Promise<WindowSize | undefined>;
  readonly #lines = new Map<string, LiveLine>();
  /** How many of the lines are on the screen, and how wide the widest is. */
  #shown = 0;
  #widest = 0;
  #drawnAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(output: Output, size: () => Promise<WindowSize | undefined>) {
    this.#output = output;
    this.#size = size;
  }

  /** Takes what is said of a thing in the place of what was said of it before. */
  async update(id: string, line: ProgressLine): Promise<void> {
    const known = this.#lines.get(id);
    if (known === undefined) this.#lines.set(id, { line, isDrawn: false });
    else Object.assign(known, { line, isDrawn: false });
    const waitMs = this.#drawnAt + REDRAW_MS - performance.now();
    if (waitMs <= 0) await this.#draw();
    else this.#timer ??= setTimeout(() => this.#drawLater(), waitMs);
  }

  /** Shows what is still to be shown, and leaves the lines as they are for ever. */
  async close(): Promise<void> {
    await this.#draw();
    this.#lines.clear();
    this.#shown = 0;
    this.#widest = 0;
  }

  /** What fails here fails again at the next line, which says so. */
  #drawLater(): void {
    this.#draw().catch(() => undefined);
  }

  async #draw(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const size = (await this.#size()) ?? USUAL_SIZE;
    this.#drawnAt = performance.now();
    const text = this.#render(size);
    if (text !== "") await print(this.#output, text);
  }

  #render({ rows, columns }: WindowSize): string {
    if (columns < this.#widest) this.#startBelow();
    const shown = this.#shown;
    let text = "";
    let index = 0;
    for (const live of this.#lines.values()) {
      const up = shown - index++;
      if (live.isDrawn) continue;
      live.isDrawn = true;
      const cells = formatStep(live.line, columns).slice(0, columns);
      this.#widest = Math.max(this.#widest, cells.length);
      if (up <= 0) text += `${cells}\n`;
      // What has left the screen at its top is out of the cursor's reach.
      else if (up < rows) text += `${ESC}${up}A${ERASE_LINE}\r${cells}\r${ESC}${up}B`;
    }
    this.#shown = index;
    return text;
  }

  /** Lines that a narrower window has broken are not where they were any more. */
  #startBelow(): void {
    for (const live of this.#lines.values()) live.isDrawn = false;
    this.#shown = 0;
    this.#widest = 0;
  }
}
