import { EngineError } from "../base/errors.ts";
import type { TreeSize } from "./tree-size.ts";

const IDLE_MS = 5000;

export interface MeasureRequest {
  readonly job: number;
  readonly directory: string;
  readonly copiedFrom: readonly string[] | undefined;
}

export interface MeasureAnswer {
  readonly job: number;
  readonly size?: TreeSize;
  readonly problem?: string;
}

/**
 * Measures trees, one after the other, in a thread that comes when there is work and goes when there
 * has been none. However many ask, the daemon goes on serving, and the disk has one reader more.
 */
export class MeasureThread implements Disposable {
  readonly #jobs = new Map<number, PromiseWithResolvers<TreeSize>>();
  #worker: Worker | undefined;
  #idle: Timer | undefined;
  #names = 0;

  /** What a directory takes; nothing, where it is not there. Of a copy of layers only what differs. */
  async measure(directory: string, copiedFrom?: readonly string[]): Promise<TreeSize> {
    this.#names += 1;
    const request: MeasureRequest = { job: this.#names, directory, copiedFrom };
    const answer = Promise.withResolvers<TreeSize>();
    this.#jobs.set(request.job, answer);
    clearTimeout(this.#idle);
    this.#worker ??= this.#start();
    // Only a thread with work keeps the process.
    this.#worker.ref();
    this.#worker.postMessage(request);
    return await answer.promise;
  }

  [Symbol.dispose](): void {
    this.#end("the daemon is ending");
  }

  #start(): Worker {
    const worker = new Worker(new URL("./measure-worker.ts", import.meta.url).href);
    worker.onmessage = ({ data }: MessageEvent<MeasureAnswer>) => this.#take(data);
    worker.onerror = ({ message }) => this.#end(`the thread ended: ${message}`);
    return worker;
  }

  #take({ job, size, problem }: MeasureAnswer): void {
    const waiting = this.#jobs.get(job);
    this.#jobs.delete(job);
    if (size !== undefined) waiting?.resolve(size);
    else waiting?.reject(cannotMeasure(problem ?? ""));
    if (this.#jobs.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => this.#end(""), IDLE_MS).unref();
  }

  #end(reason: string): void {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#jobs.values()) reject(cannotMeasure(reason));
    this.#jobs.clear();
  }
}

function cannotMeasure(reason: string): EngineError {
  return new EngineError("internal", `Cannot measure what is on the disk: ${reason}`);
}
