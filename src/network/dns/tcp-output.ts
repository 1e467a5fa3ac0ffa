/** What of a TCP socket of Bun's is used here. */
export interface TcpSink {
  /** How many of the bytes the kernel took; -1 if it is closed. */
  write(bytes: Uint8Array): number;
}

/** Bytes on their way into a TCP socket, which takes some of them at a time. */
export class TcpOutput {
  readonly #socket: TcpSink;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(socket: TcpSink) {
    this.#socket = socket;
  }

  /** How much the other side has not taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Sends, or keeps until the socket drains. The bytes become this one's. */
  write(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waiting.length === 1) this.drain();
  }

  /** To be called when the socket takes bytes again. */
  drain(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const taken = Math.max(0, this.#socket.write(next));
      this.#waitingBytes -= taken;
      if (taken < next.length) {
        this.#waiting[0] = next.subarray(taken);
        return;
      }
      this.#waiting.shift();
    }
  }
}
