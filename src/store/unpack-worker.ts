import { EngineError } from "../base/errors.ts";
import type { LayerUnpacking } from "./layer-unpacking.ts";
import type { UnpackAnswer, UnpackRequest } from "./unpack-messages.ts";

let lastJob = 0;

/** One thread that unpacks, as seen from the daemon's own. */
export class UnpackThread {
  readonly #worker = new Worker(new URL("./unpack-thread.ts", import.meta.url).href, {
    smol: true,
  });
  readonly #jobs = new Map<number, LayerUnpacking>();
  readonly #onDeath: () => void;

  constructor(onDeath: () => void) {
    this.#onDeath = onDeath;
    this.#worker.unref();
    this.#worker.onmessage = ({ data }: MessageEvent<UnpackAnswer>) =>
      this.#jobs.get(data.job)?.receive(data);
    this.#worker.onerror = ({ message }) => this.#die(message);
  }

  /** How much it has of any kind. */
  get jobs(): number {
    return this.#jobs.size;
  }

  /** How many of its jobs are not unpacked yet. */
  get busy(): number {
    return [...this.#jobs.values()].filter(({ isBusy }) => isBusy).length;
  }

  /** Returns the job's number. */
  add(work: LayerUnpacking): number {
    lastJob += 1;
    // Only a thread with work keeps the process.
    this.#worker.ref();
    this.#jobs.set(lastJob, work);
    return lastJob;
  }

  remove(job: number): void {
    this.#jobs.delete(job);
    if (this.#jobs.size === 0) this.#worker.unref();
  }

  send(request: UnpackRequest): void {
    this.#worker.postMessage(request);
  }

  stop(): void {
    this.#worker.terminate();
    this.#failAll(new EngineError("unavailable", "Cannot unpack: the daemon is ending"));
  }

  #die(reason: string): void {
    this.#onDeath();
    this.#worker.terminate();
    this.#failAll(new EngineError("internal", `Cannot unpack: the thread ended: ${reason}`));
  }

  #failAll(cause: EngineError): void {
    for (const work of [...this.#jobs.values()]) work.abandon(cause);
  }
}
