import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HttpFailure } from "./failure.ts";
import { replayEnd } from "./half-closed.ts";

/** Read ahead this much, then let the client wait. */
const HIGH_WATER = 64 * 1024;
const LINE_END = "\r\n";
const BARE_LINE_END = /[^\r]\n|\r[^\n]/;

/** How long a text may be, and what to say when it is longer. */
export interface TextLimit {
  readonly bytes: number;
  readonly status: number;
  readonly message: string;
}

/**
 * The bytes that a client sends, to be pulled. It goes on reading a little ahead of its reader, for
 * that is how a client that went away is noticed.
 */
export class ByteSource {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  /** Called once, when the client's side ends or breaks. */
  onEnd: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", this.#receive);
    socket.on("end", this.#end);
    socket.on("close", this.#end);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there are more than `count` bytes to take; false when so many will not come. */
  async hasMoreThan(count: number): Promise<boolean> {
    while (this.#bytes <= count && !this.#ended && this.#failure === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#socket.resume();
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
    return this.#bytes > count;
  }

  /** What is there now, at most `max` bytes. */
  take(max: number): Buffer {
    const all = this.#joined();
    this.#keep(all.subarray(max));
    return all.subarray(0, max);
  }

  /** Takes text up to a delimiter, and drops that; undefined when the client sends nothing more. */
  async takeUntil(delimiter: string, limit: TextLimit): Promise<string | undefined> {
    let searched = 0;
    while (await this.hasMoreThan(searched)) {
      const all = this.#joined();
      const at = all.indexOf(delimiter, Math.max(0, searched - delimiter.length));
      const length = at < 0 ? all.length - delimiter.length + 1 : at;
      if (length > limit.bytes) throw new HttpFailure(limit.status, limit.message);
      refuseBareLineEnd(all, searched, at < 0 ? all.length : at + 1);
      if (at >= 0) {
        this.#keep(all.subarray(at + delimiter.length));
        return all.toString("latin1", 0, at);
      }
      searched = all.length;
    }
    if (searched === 0) return undefined;
    throw new HttpFailure(400, "the client stopped in the middle of a request");
  }

  /** Takes one line; undefined when the client sends nothing more. */
  takeLine(limit: TextLimit): Promise<string | undefined> {
    return this.takeUntil(LINE_END, limit);
  }

  /** Makes the reader that waits, and all later ones, fail. */
  fail(failure: Error): void {
    this.#failure ??= failure;
    this.#wakeReader();
  }

  /** Lets go of the socket, and returns it with what was read ahead put back for its next reader. */
  release(): Duplex {
    this.#socket.off("data", this.#receive);
    this.#socket.off("end", this.#end);
    this.#socket.off("close", this.#end);
    this.#socket.pause();
    const rest = this.#joined();
    if (this.#socket.readableEnded) return replayEnd(this.#socket, rest);
    if (rest.length > 0) this.#socket.unshift(rest);
    return this.#socket;
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes >= HIGH_WATER) this.#socket.pause();
    this.#wakeReader();
  };

  readonly #end = (): void => {
    if (this.#ended) return;
    this.#ended = true;
    this.#wakeReader();
    this.onEnd();
  };

  #wakeReader(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #joined(): Buffer {
    const [only = Buffer.alloc(0)] = this.#chunks;
    const all = this.#chunks.length < 2 ? only : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
  }
}

/** At once, and not when the delimiter comes: a client that ends its lines so never sends one. */
function refuseBareLineEnd(bytes: Buffer, from: number, to: number): void {
  const before = from === 0 ? LINE_END : "";
  const text = before + bytes.toString("latin1", Math.max(0, from - 1), to);
  if (BARE_LINE_END.test(text)) throw new HttpFailure(400, "bare line feed or carriage return");
}
