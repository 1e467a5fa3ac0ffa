import { type Duplex, duplexPair } from "node:stream";
import type { Session } from "../../src/engine/facade.ts";

/** A client of an attach or exec session, at the other end of a pair of streams. */
export class TestClient {
  readonly #own: Duplex;
  readonly #served: Promise<void>;
  readonly #parts: Buffer[] = [];
  readonly #ended: Promise<void>;

  constructor(session: Session) {
    const [own, other] = duplexPair();
    this.#own = own;
    own.on("data", (part: Buffer) => this.#parts.push(part));
    own.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      own.on("end", resolve);
      own.on("close", resolve);
    });
    this.#served = session.serve(other);
  }

  get received(): Buffer {
    return Buffer.concat(this.#parts);
  }

  /** What came, without the heads of frames, as `stream:text` for each stream that had something. */
  get frames(): Readonly<Record<string, string>> {
    const texts: Record<string, string> = {};
    const bytes = this.received;
    for (let at = 0; at + 8 <= bytes.length; ) {
      const size = bytes.readUInt32BE(at + 4);
      const stream = ["stdin", "stdout", "stderr", "error"][bytes[at] ?? 0] ?? "?";
      texts[stream] = (texts[stream] ?? "") + bytes.toString("utf8", at + 8, at + 8 + size);
      at += 8 + size;
    }
    return texts;
  }

  write(text: string | Uint8Array): void {
    this.#own.write(text);
  }

  /** The end of the client's input; it goes on reading. */
  endInput(): void {
    this.#own.end();
  }

  vanish(): void {
    this.#own.destroy();
  }

  /** Resolves when the session is over on both sides. */
  async done(): Promise<void> {
    await Promise.all([this.#served, this.#ended]);
  }
}
