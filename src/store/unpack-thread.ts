// An unpacking thread: it turns archives into directories while the daemon's own thread serves. Jobs
// take turns at each piece; what is written to the disk is the kernel's business meanwhile.

import { closeSync, openSync, readSync } from "node:fs";
import { ByteGarbage } from "../base/byte-garbage.ts";
import { EngineError, explain } from "../base/errors.ts";
import { keepUmask } from "../linux/umask.ts";
import { type LayerOnItsOwn, unpackLayer } from "./unpack-layer.ts";
import type { UnpackAnswer, UnpackRequest } from "./unpack-messages.ts";

declare const self: Worker;

const PIECE_BYTES = 1 << 17;
const TELL_EVERY_BYTES = 1 << 19;

type Start = Extract<UnpackRequest, { kind: "unpack" }>;

/** One archive that is being unpacked. */
class Job {
  readonly #id: number;
  #sizeBytes = 0;
  #isComplete = false;
  #isEnded = false;
  #changed = Promise.withResolvers<void>();
  #layer: LayerOnItsOwn | undefined;
  #done: Promise<void> | undefined;

  constructor(id: number) {
    this.#id = id;
  }

  /** Unpacks all; what fails is told. */
  start(request: Start): void {
    this.#done = this.#run(request).catch((cause: unknown) => fail(this.#id, cause));
  }

  grow(sizeBytes: number, isComplete: boolean): void {
    this.#sizeBytes = sizeBytes;
    this.#isComplete = isComplete;
    this.#changed.resolve();
  }

  inherit(lowers: readonly string[]): void {
    this.#layer?.inherit(lowers);
    tell({ job: this.#id, kind: "inherited" });
  }

  /** Resolves when nothing of it is under way. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#changed.resolve();
    await this.#done;
    this.#layer?.[Symbol.dispose]();
  }

  async #run({ path, directory, endMark }: Start): Promise<void> {
    this.#layer = await unpackLayer(this.#read(path), directory, { endMark });
    tell({ job: this.#id, kind: "unpacked", content: this.#layer.content });
  }

  async *#read(path: string): AsyncGenerator<Uint8Array> {
    // The file need not be there before there is something in it.
    if (!(await this.#hasMoreThan(0))) return;
    const fd = openSync(path, "r");
    try {
      let at = 0;
      let told = 0;
      // One for all: decompress() asks for the next piece when it is done with the last.
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      while (await this.#hasMoreThan(at)) {
        const length = Math.min(PIECE_BYTES, this.#sizeBytes - at);
        const count = readSync(fd, piece, 0, length, at);
        if (count === 0) throw new EngineError("internal", `"${path}" was cut off`);
        at += count;
        garbage.add(count);
        if (at - told >= TELL_EVERY_BYTES || at === this.#sizeBytes) {
          told = at;
          tell({ job: this.#id, kind: "read", readBytes: at });
        }
        yield piece.subarray(0, count);
      }
    } finally {
      closeSync(fd);
    }
  }

  async #hasMoreThan(at: number): Promise<boolean> {
    while (!this.#isEnded) {
      if (at < this.#sizeBytes) return true;
      if (this.#isComplete) return false;
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
    throw new EngineError("internal", "The work was given up");
  }
}

// The daemon's own, which the daemon changes for a moment while it makes its socket.
keepUmask(0o022);

/** Of all jobs: what is decompressed is several times as much. */
const garbage = new ByteGarbage(2 << 20);
const jobs = new Map<number, Job>();

self.onmessage = ({ data }: MessageEvent<UnpackRequest>) => {
  const { job: id } = data;
  if (data.kind === "unpack") {
    const job = new Job(id);
    jobs.set(id, job);
    job.start(data);
    return;
  }
  const job = jobs.get(id);
  try {
    if (data.kind === "grow") job?.grow(data.sizeBytes, data.isComplete);
    else if (data.kind === "inherit") job?.inherit(data.lowers);
    else void endJob(id);
  } catch (cause) {
    fail(id, cause);
  }
};

async function endJob(id: number): Promise<void> {
  const job = jobs.get(id);
  jobs.delete(id);
  await job?.end();
  tell({ job: id, kind: "ended" });
}

/** Of a job that is ended already nobody wants to know. */
function fail(id: number, cause: unknown): void {
  if (!jobs.delete(id)) return;
  const error = cause instanceof EngineError ? cause : explain(cause, "Cannot unpack a layer");
  tell({ job: id, kind: "failed", error: { kind: error.kind, message: error.message } });
}

function tell(answer: UnpackAnswer): void {
  self.postMessage(answer);
}
