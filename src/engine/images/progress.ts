/** What a transfer of images tells while it goes on, one of Docker's lines each. */
export type ImageProgress =
  | {
      readonly status: string;
      /** What it is about: a layer, or a tag. */
      readonly id?: string;
      readonly progress?: { readonly current: number; readonly total: number };
    }
  | { readonly aux: Readonly<Record<string, unknown>> };

// As often as Docker tells; a line is drawn no faster.
const INTERVAL_MS = 100;

/** Lines for a reader who may be slow: of those that only count on, the last is enough. */
export class ProgressLines {
  readonly #lines: ImageProgress[] = [];
  /** Where the newest line of a thing stands in the queue. */
  readonly #counts = new Map<string, { at: number; status: string }>();
  readonly #toldAt = new Map<string, number>();
  #taken = 0;
  #wake = Promise.withResolvers<void>();

  tell(line: ImageProgress): void {
    if ("aux" in line || line.progress === undefined || line.id === undefined) {
      this.#push(line);
      return;
    }
    this.#count(line.id, line);
  }

  /** All lines until the work ends; what it fails with is thrown at the end. */
  async *read(work: Promise<void>): AsyncGenerator<ImageProgress> {
    let isOver = false;
    const over = () => {
      isOver = true;
      this.#wake.resolve();
    };
    work.then(over, over);
    while (!isOver || this.#lines.length > 0) {
      this.#wake = Promise.withResolvers();
      yield* this.#take();
      if (!isOver && this.#lines.length === 0) await this.#wake.promise;
    }
    await work;
  }

  #count(id: string, line: Extract<ImageProgress, { status: string }>): void {
    const waiting = this.#counts.get(id);
    if (waiting?.status === line.status && waiting.at >= this.#taken) {
      this.#lines[waiting.at - this.#taken] = line;
      return;
    }
    const now = performance.now();
    const isEnd = line.progress?.current === line.progress?.total;
    if (!isEnd && now - (this.#toldAt.get(id) ?? 0) < INTERVAL_MS) return;
    this.#toldAt.set(id, now);
    this.#counts.set(id, { at: this.#taken + this.#lines.length, status: line.status });
    this.#push(line);
  }

  #push(line: ImageProgress): void {
    this.#lines.push(line);
    this.#wake.resolve();
  }

  #take(): readonly ImageProgress[] {
    this.#taken += this.#lines.length;
    return this.#lines.splice(0);
  }
}
