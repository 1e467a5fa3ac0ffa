/** A terminal's screen as far as progress needs one: cursor moves, erased lines, scrolling. */
export class Screen {
  readonly #columns: number;
  readonly #rows: number;
  readonly #lines: string[] = [""];
  /** The first line that the cursor can reach. */
  #top = 0;
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** What a terminal of that size shows of these bytes, scrolled lines too. */
  static show(text: string, columns = 80, rows = 24): readonly string[] {
    const screen = new Screen(columns, rows);
    screen.write(text);
    return screen.lines;
  }

  get lines(): readonly string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  get cursor(): readonly [row: number, column: number] {
    return [this.#row, this.#column];
  }

  write(text: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes begin with one.
    for (const [part] of text.matchAll(/\x1b\[[0-9;]*[a-zA-Z]|[\s\S]/gu)) {
      if (part.startsWith("\x1b")) this.#escape(part);
      else if (part === "\r") this.#column = 0;
      else if (part === "\n") this.#newLine();
      else this.#put(part);
    }
  }

  #escape(sequence: string): void {
    const count = Number(sequence.slice(2, -1) || "1");
    const action = sequence.at(-1);
    const bottom = this.#top + this.#rows - 1;
    if (action === "A") this.#row = Math.max(this.#top, this.#row - count);
    if (action === "B") this.#row = Math.min(bottom, this.#row + count);
    if (action === "K") this.#lines[this.#row] = "";
    this.#fill();
  }

  #put(letter: string): void {
    if (this.#column === this.#columns) {
      this.#column = 0;
      this.#newLine();
    }
    const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + letter + line.slice(this.#column + 1);
    this.#column += 1;
  }

  #newLine(): void {
    this.#row += 1;
    this.#top = Math.max(this.#top, this.#row - this.#rows + 1);
    this.#fill();
  }

  #fill(): void {
    while (this.#lines.length <= this.#row) this.#lines.push("");
  }
}
