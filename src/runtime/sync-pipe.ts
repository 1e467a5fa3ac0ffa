// The sync pipe: what init/init.h calls SYNC_*. Messages come with a head of two 32-bit words, type
// and length; the end of the stream after a trace means that the program runs.

import { EngineError } from "../base/errors.ts";
import type { Descriptor } from "../linux/fd.ts";
import { sendDescriptors } from "../linux/socket.ts";
import { errnoName, errnoOf } from "../linux/syscall.ts";
import type { CheckEnd } from "./model.ts";

/** What the monitor says when init waits. */
export interface Hello {
  readonly pid: number;
  /** What clone(2) took. */
  readonly clonedNs: number;
}

/** What init says just before it becomes the program. Nanoseconds. */
export interface InitTrace {
  /** How long init waited for the plan. */
  readonly waitedNs: number;
  readonly totalNs: number;
  readonly stepsNs: readonly number[];
}

/** A step that the kernel refused. */
export interface InitFailure {
  /** From 0; -1: taking in the plan; -2: cloning init. */
  readonly step: number;
  readonly errno: number;
  /** What the kernel had to say; often empty. */
  readonly text: string;
}

/** How a start ended. */
export type Outcome =
  | { readonly kind: "running"; readonly trace: InitTrace }
  | { readonly kind: "failed"; readonly failure: InitFailure }
  /** The other side went away without a word. */
  | { readonly kind: "lost" };

const HEAD_BYTES = 8;
const HELLO = 1;
const FAILED = 2;
const TRACE = 3;
const ENDED = 4;

/** What is kept of a check's output. */
const MAX_CHECK_BYTES = 4096;

const PLAN_MAGIC = 0x4e504d53;
const PLAN_VERSION = 1;

/** Reads the messages of one start, however the bytes arrive. */
export class SyncReader {
  readonly hello: Promise<Hello>;
  readonly outcome: Promise<Outcome>;
  /** How a check's program ended; of others nothing is said here. */
  ended: CheckEnd | undefined;
  readonly #hello = Promise.withResolvers<Hello>();
  readonly #outcome = Promise.withResolvers<Outcome>();
  #pending: Buffer = Buffer.alloc(0);
  #last: Outcome = { kind: "lost" };

  constructor() {
    this.hello = this.#hello.promise;
    this.outcome = this.#outcome.promise;
    // Whoever waits for one of them may never come to wait for the other.
    this.hello.catch(() => {});
  }

  push(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.byteLength >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#pending.readUInt32LE(4);
      if (this.#pending.byteLength < end) return;
      this.#take(this.#pending.readUInt32LE(0), this.#pending.subarray(HEAD_BYTES, end));
      this.#pending = this.#pending.subarray(end);
    }
  }

  end(): void {
    this.#hello.reject(
      this.#last.kind === "failed"
        ? explainNoInit(this.#last.failure)
        : new EngineError("internal", "Cannot start a monitor: it ended before it could say why"),
    );
    this.#outcome.resolve(this.#last);
  }

  #take(type: number, body: Buffer): void {
    if (type === HELLO) {
      this.#hello.resolve({ pid: body.readInt32LE(0), clonedNs: Number(body.readBigUInt64LE(8)) });
    } else if (type === FAILED) {
      this.#last = { kind: "failed", failure: parseFailure(body) };
    } else if (type === TRACE && this.#last.kind === "lost") {
      this.#last = { kind: "running", trace: parseTrace(body) };
    } else if (type === ENDED) {
      this.ended = parseEnd(body);
    }
  }
}

const NO_MORE_NAMESPACES =
  "; the kernel's limit of namespaces is reached: see /proc/sys/user/max_user_namespaces and its neighbours";

/** Whatever the monitor does before init is there: its socket, the log, the clone. */
function explainNoInit({ errno }: InitFailure): EngineError {
  const code = errnoName(errno);
  const hint = code === "ENOSPC" ? NO_MORE_NAMESPACES : "";
  return new EngineError("internal", `Cannot open the log or clone init: ${code}${hint}`);
}

function parseFailure(body: Buffer): InitFailure {
  const text = body.subarray(8).toString().trim();
  return { step: body.readInt32LE(0), errno: body.readInt32LE(4), text };
}

function parseEnd(body: Buffer): CheckEnd {
  const output = body.subarray(4);
  return {
    exitCode: body.readInt32LE(0),
    output: output.subarray(0, MAX_CHECK_BYTES).toString(),
    isCut: output.byteLength > MAX_CHECK_BYTES,
  };
}

function parseTrace(body: Buffer): InitTrace {
  const stepsNs: number[] = [];
  for (let at = 16; at + 4 <= body.byteLength; at += 4) stepsNs.push(body.readUInt32LE(at));
  return {
    waitedNs: Number(body.readBigUInt64LE(0)),
    totalNs: Number(body.readBigUInt64LE(8)),
    stepsNs,
  };
}

/**
 * Wakes init: the plan in memory of its own, and the descriptors that its steps name. Nothing else is
 * sent on the sync pipe: it is closed.
 */
export function sendPlan(
  pipe: Descriptor,
  plan: { readonly memory: Descriptor; readonly sizeBytes: number },
  descriptors: readonly Descriptor[],
): void {
  using sender = pipe;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(PLAN_MAGIC, 0);
  head.writeUInt32LE(PLAN_VERSION, 4);
  head.writeUInt32LE(plan.sizeBytes, 8);
  head.writeUInt32LE(descriptors.length, 12);
  const numbers = [plan.memory.number, ...descriptors.map(({ number }) => number)];
  try {
    sendDescriptors(sender.number, head, numbers);
  } catch (error) {
    // Init was killed, as for want of memory: that the outcome tells.
    if (errnoOf(error) !== "EPIPE" && errnoOf(error) !== "ECONNRESET") throw error;
  }
}
