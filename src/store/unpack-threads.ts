import { availableParallelism } from "node:os";
import type { GrowingFile, Growth } from "./growing-file.ts";
import { LayerUnpacking, type UnpackTarget } from "./layer-unpacking.ts";
import { UnpackThread } from "./unpack-worker.ts";

// More would not make disks faster, and each costs some megabytes.
const MAX_THREADS = 4;
// Archives that come slowly must not keep others from being unpacked.
const JOBS_PER_THREAD = 4;
const IDLE_MS = 5000;

/** The threads that unpack layers. They come when there is work, and go when there has been none. */
export class UnpackThreads implements Disposable {
  readonly #threads = new Set<UnpackThread>();
  readonly #waiting: LayerUnpacking[] = [];
  readonly #limit = Math.min(availableParallelism(), MAX_THREADS);
  #idle: Timer | undefined;
  #isClosed = false;

  /** Begins to unpack a file, or puts it in line. The caller ends the work by disposing of it. */
  unpack(file: GrowingFile, target: UnpackTarget): LayerUnpacking {
    const work = new LayerUnpacking(file, target, () => this.#next());
    let isInLine = false;
    // An archive of which nothing is there yet takes nobody's place.
    const start = ({ sizeBytes, isComplete, failure }: Growth) => {
      if (isInLine || (sizeBytes === 0 && !isComplete && failure === undefined)) return;
      isInLine = true;
      this.#waiting.push(work);
      this.#next();
    };
    file.watch(start);
    return work;
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    for (const thread of this.#threads) thread.stop();
    this.#threads.clear();
  }

  #next(): void {
    clearTimeout(this.#idle);
    for (let work = this.#waiting[0]; work !== undefined; work = this.#waiting[0]) {
      const thread = this.#isClosed ? undefined : this.#findThread();
      if (thread === undefined) break;
      this.#waiting.shift();
      work.begin(thread);
    }
    this.#idle = setTimeout(() => this.#dismissIdle(), IDLE_MS).unref();
  }

  /** The one with the least to do; a new one where all are busy and there may be more. */
  #findThread(): UnpackThread | undefined {
    const [least] = [...this.#threads].sort((a, b) => a.busy - b.busy);
    if (least !== undefined && least.busy === 0) return least;
    if (this.#threads.size < this.#limit) return this.#startThread();
    return least !== undefined && least.busy < JOBS_PER_THREAD ? least : undefined;
  }

  #startThread(): UnpackThread {
    const thread = new UnpackThread(() => this.#threads.delete(thread));
    this.#threads.add(thread);
    return thread;
  }

  #dismissIdle(): void {
    for (const thread of this.#threads) {
      if (thread.jobs > 0) continue;
      thread.stop();
      this.#threads.delete(thread);
    }
  }
}
