import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** When there is nothing more to wait for. */
export interface LogEnd {
  /** Resolves when nothing more will be written. */
  readonly ended: Promise<unknown>;
  /** Nanoseconds since the epoch: what is written later is not wanted. */
  readonly until?: bigint;
  readonly signal: AbortSignal;
  /** Only files that come and go are told of. */
  readonly onlyNames?: boolean;
}

const MAX_TIMER_MS = 2 ** 31 - 1;
/** How late a change may be told of that the watcher has missed. */
const LOOK_MS = 500;

/** Tells that there may be more to read, or that there will be no more. */
export class LogChanges implements Disposable {
  readonly #watcher: FSWatcher;
  readonly #timer: Timer | undefined;
  /** Bun's watcher begins in another thread, and may not listen yet when the first changes come. */
  readonly #look = setInterval(() => this.#wake.resolve(), LOOK_MS);
  #wake = Promise.withResolvers<void>();
  isOver = false;

  constructor(path: string, { ended, until, signal, onlyNames = false }: LogEnd) {
    this.#look.unref();
    const name = basename(path);
    this.#watcher = watch(dirname(path), (event, changed) => {
      if (onlyNames && event !== "rename") return;
      if (changed === null || changed.startsWith(name)) this.#wake.resolve();
    });
    // The directory goes when the container is removed: the end is reported by then.
    this.#watcher.on("error", () => this.#end());
    void ended.then(() => this.#end());
    signal.addEventListener("abort", () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
    if (until === undefined) return;
    const leftMs = Math.max(0, Number(until / 1_000_000n) - Date.now() + 1);
    if (leftMs <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#end(), leftMs);
  }

  /** Waits for what happened since it was last called. */
  async next(): Promise<void> {
    await this.#wake.promise;
    if (!this.isOver) this.#wake = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearInterval(this.#look);
    this.#watcher.close();
  }

  #end(): void {
    this.isOver = true;
    this.#wake.resolve();
  }
}
