import type { Duplex } from "node:stream";
import { finished } from "node:stream/promises";
import type { Running } from "../../runtime/model.ts";
import type { Session } from "../facade.ts";
import { type RelayEnd, relay } from "./relay.ts";

/** What a client is to be connected to, and how. */
export interface SessionOptions {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** Undefined: nothing that is typed ends the session. */
  readonly detachKeys?: Uint8Array;
  /** What is written to the client first. */
  readonly replay?: () => AsyncIterable<Uint8Array>;
  /** What is written to the client last, if anything. */
  readonly epilogue?: Promise<Uint8Array | undefined>;
  /** Is called once, with the way in which the session ended. */
  readonly onEnd: (end: RelayEnd) => void;
}

/**
 * A client's connection to a program. It may be made before there is a program, and its client may
 * come later still: nothing that the program writes is lost. A client that vanishes harms nobody.
 */
export class AttachSession implements Session {
  readonly #options: SessionOptions;
  readonly #program = Promise.withResolvers<Duplex | undefined>();
  #isOver = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  get tty(): boolean {
    return this.#options.tty;
  }

  /** Connects to the program, before it runs. One that has ended by then has nothing more to say. */
  async connect(running: Running): Promise<void> {
    const { stdin, stdout, stderr } = this.#options;
    const stream = await running.attach({ stdin, stdout, stderr }).catch(() => undefined);
    if (this.#isOver) stream?.destroy();
    else this.#program.resolve(stream);
  }

  /** There will be no program, or nothing of it is wanted: serve() ends after the replay. */
  cancel(): void {
    this.#program.resolve(undefined);
  }

  async serve(client: Duplex): Promise<void> {
    const gone = goneFrom(client);
    try {
      await this.#replayTo(client);
      const program = await Promise.race([this.#program.promise, gone]);
      const end =
        program === undefined ? "ended" : await relay({ ...this.#options, client, program });
      this.#finish(end);
      client.end(await this.#options.epilogue);
      await Promise.race([gone, finished(client, { readable: false, cleanup: true })]);
    } catch {
      // Whatever breaks here is the client's connection, and that is then over.
      client.destroy();
      this.#finish("gone");
    }
  }

  #finish(end: RelayEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // One that is connected from now on, or that nobody asked for, must not be left open.
    this.#program.resolve(undefined);
    this.#program.promise.then(
      (program) => program?.destroy(),
      () => {},
    );
    this.#options.onEnd(end);
  }

  async #replayTo(client: Duplex): Promise<void> {
    for await (const piece of this.#options.replay?.() ?? []) {
      if (client.destroyed) return;
      if (!client.write(piece)) await drained(client);
    }
  }
}

/** Resolves when no more can be written. The listener also keeps an error from being uncaught. */
function goneFrom(client: Duplex): Promise<undefined> {
  return new Promise((resolve) => {
    client.on("error", () => resolve(undefined));
    client.on("close", () => resolve(undefined));
    if (client.destroyed) resolve(undefined);
  });
}

function drained(client: Duplex): Promise<void> {
  return new Promise((resolve) => {
    client.once("drain", resolve);
    client.once("close", resolve);
  });
}
