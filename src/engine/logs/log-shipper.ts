import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseTime } from "../../base/time.ts";
import type { LogDriver, LogMessage, OpenLogDriver } from "../../log-drivers/log-driver.ts";
import type { LogEntry } from "../facade.ts";
import { LogChanges } from "./log-changes.ts";
import { parseLogLines } from "./log-line.ts";
import { type LogPlace, LogReader, type LogSource } from "./log-reader.ts";

/** What is shipped, and where to. */
export interface Shipment {
  readonly source: LogSource;
  /** Where it is noted how far the receiver has it. */
  readonly placePath: string;
  readonly open: OpenLogDriver;
  /** A driver that is connected already. */
  readonly driver?: LogDriver;
  readonly maxBehindBytes?: number;
  /** Takes what keeps the receiver from being reached, once for each time that it is away. */
  readonly report: (error: unknown) => void;
}

const NOTE_EVERY_MS = 1000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 1000;

/**
 * Sends a container's log to a receiver, from where that was left the last time, until the program has
 * ended and all is sent. A receiver that is away holds up nobody: its lines are in the files, as
 * long as those are there.
 */
export async function shipLog(shipment: Shipment, signal: AbortSignal): Promise<void> {
  await using sender = new Sender(shipment, signal);
  const { source, placePath, maxBehindBytes = Number.POSITIVE_INFINITY } = shipment;
  const ended = source.ended ?? Promise.resolve();
  using changes = new LogChanges(source.path, { ended, signal });
  await using reader = await LogReader.openAt(source.path, readPlace(placePath));
  const notes = new PlaceNotes(placePath, reader.place);
  const isTooFar = () => reader.behindBytes() > maxBehindBytes;
  for (;;) {
    const isLast = changes.isOver;
    for await (const lines of reader.readOn()) {
      await sender.send(parseLogLines(lines).map(toMessage), isTooFar);
      if (signal.aborted) return;
      notes.note(reader.place);
    }
    notes.flush(reader.place);
    if (isLast || signal.aborted) return;
    await changes.next();
  }
}

/** Sends until it has worked, or is told that there is no hurry any more. */
class Sender implements AsyncDisposable {
  readonly #shipment: Shipment;
  readonly #signal: AbortSignal;
  #driver: LogDriver | undefined;
  #leftOut = 0;
  /** A receiver that does not read must not keep a container from being removed. */
  readonly #aborted = Promise.withResolvers<void>();

  constructor(shipment: Shipment, signal: AbortSignal) {
    this.#shipment = shipment;
    this.#signal = signal;
    this.#driver = shipment.driver;
    signal.addEventListener("abort", () => this.#aborted.resolve(), { once: true });
    if (signal.aborted) this.#aborted.resolve();
  }

  /** What fails is given up where the receiver is too far behind by then. */
  async send(messages: readonly LogMessage[], isTooFar: () => boolean): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#signal.aborted) {
      try {
        await Promise.race([this.#trySend(messages), this.#aborted.promise]);
        this.#leftOut = 0;
        return;
      } catch (error) {
        if (waitMs === FIRST_WAIT_MS) this.#shipment.report(error);
        await this.#letGo();
      }
      if (isTooFar()) {
        this.#leftOut += messages.length;
        return;
      }
      await this.#pause(waitMs);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#letGo();
  }

  async #trySend(messages: readonly LogMessage[]): Promise<void> {
    this.#driver ??= await this.#shipment.open();
    await this.#driver.send([...this.#wordOfLoss(messages), ...messages]);
  }

  #wordOfLoss([first]: readonly LogMessage[]): readonly LogMessage[] {
    if (this.#leftOut === 0 || first === undefined) return [];
    const text = `sampan: ${this.#leftOut} lines were left out here: the receiver was too far behind`;
    return [{ stream: "stderr", timeNs: first.timeNs, text, partial: false }];
  }

  async #letGo(): Promise<void> {
    const driver = this.#driver;
    this.#driver = undefined;
    // It is broken already, or nothing of it is wanted any more.
    await driver?.[Symbol.asyncDispose]().catch(() => {});
  }

  #pause(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    return Promise.race([promise, this.#aborted.promise]).finally(() => clearTimeout(timer));
  }
}

function toMessage({ stream, time, line }: LogEntry): LogMessage {
  const text = Buffer.from(line).toString();
  const isWhole = text.endsWith("\n");
  return {
    stream,
    timeNs: parseTime(time) ?? 0n,
    text: isWhole ? text.slice(0, -1) : text,
    partial: !isWhole,
  };
}

/** Notes now and then how far it is: after a crash, some lines are sent twice, and none is lost. */
class PlaceNotes {
  readonly #path: string;
  #notedAtMs = 0;
  #noted: string;

  constructor(path: string, place: LogPlace) {
    this.#path = path;
    this.#noted = JSON.stringify(place);
  }

  note(place: LogPlace): void {
    if (Date.now() - this.#notedAtMs >= NOTE_EVERY_MS) this.flush(place);
  }

  flush(place: LogPlace): void {
    const text = JSON.stringify(place);
    if (text === this.#noted) return;
    this.#noted = text;
    this.#notedAtMs = Date.now();
    try {
      writeFileSync(`${this.#path}.new`, text);
      renameSync(`${this.#path}.new`, this.#path);
    } catch {
      // The disk is full, or the container is being removed: it is only a note.
    }
  }
}

function readPlace(path: string): LogPlace {
  try {
    const { number, offset } = JSON.parse(readFileSync(path, "utf8"));
    if (Number.isSafeInteger(number) && Number.isSafeInteger(offset)) return { number, offset };
  } catch {
    // There is none yet, or it is torn: from the beginning.
  }
  return { number: 0, offset: 0 };
}
