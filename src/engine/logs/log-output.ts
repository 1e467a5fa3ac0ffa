import { formatTime } from "../../base/time.ts";
import type { LogEntry, LogQuery } from "../facade.ts";
import { encodeFrame, FRAME_HEAD_BYTES, writeFrameHead } from "../streams/frames.ts";
import { parseLogLine } from "./log-line.ts";

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
/** By the letter after `std`. */
const STREAM_OF = new Map<number, LogEntry["stream"]>([
  [0x6f, "stdout"],
  [0x65, "stderr"],
]);

// What an entry of the monitor's looks like that has no attributes: only the text has no fixed length.
const HEAD = '{"log":"';
const STREAM = '","stream":"std';
const TIME = '","time":"';
const TIME_BYTES = "2026-01-01T00:00:00.123456789Z".length;
const END = '"}';
const TAIL_BYTES = STREAM.length + "out".length + TIME.length + TIME_BYTES + END.length;

/** What is wanted of a log, and how it is shown. */
export type LogShown = Pick<LogQuery, "stdout" | "stderr" | "since" | "until"> & {
  readonly timestamps?: boolean;
  readonly details?: boolean;
  /** Without frame heads. */
  readonly raw?: boolean;
};

/**
 * Makes of a log's lines what clients are sent. Almost every line is plain text with a line end: such
 * a one is moved as it is, without a look at its JSON, which takes a twentieth of the time.
 */
export class LogEncoder {
  readonly #shown: LogShown;
  readonly #since: string;
  readonly #until: string;
  #out: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(shown: LogShown) {
    this.#shown = shown;
    this.#since = shown.since === undefined ? "" : formatTime(shown.since);
    this.#until = shown.until === undefined ? "~" : formatTime(shown.until);
  }

  /** Of some whole lines; the bytes are the caller's. */
  encode(lines: Buffer): Uint8Array {
    // No entry grows: its frame around the text is longer than a head and a time.
    this.#out = Buffer.allocUnsafe(lines.length);
    this.#size = 0;
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(NEWLINE, start);
      if (!this.#encodePlain(lines, start, end)) {
        this.#encodeOther(lines.toString("utf8", start, end));
      }
      start = end + 1;
    }
    return this.#out.subarray(0, this.#size);
  }

  /** False where it is not of that kind. */
  #encodePlain(lines: Buffer, start: number, end: number): boolean {
    const tail = end - TAIL_BYTES;
    const text = start + HEAD.length;
    const newline = tail - 2;
    if (newline < text || this.#shown.details === true) return false;
    if (lines[newline] !== BACKSLASH || lines[newline + 1] !== LETTER_N) return false;
    if (lines.indexOf(QUOTE, text) !== tail || lines.indexOf(BACKSLASH, text) !== newline) {
      return false;
    }
    const time = end - END.length - TIME_BYTES;
    if (lines.toString("latin1", time - TIME.length, time) !== TIME) return false;
    if (lines.toString("latin1", tail, tail + STREAM.length) !== STREAM) return false;
    const stream = STREAM_OF.get(lines[tail + STREAM.length] ?? 0);
    if (stream === undefined) return false;
    if (!this.#wants(stream, () => lines.toString("latin1", time, time + TIME_BYTES))) return true;
    const begin = this.#beginFrame();
    if (this.#shown.timestamps === true) {
      this.#size += lines.copy(this.#out, this.#size, time, time + TIME_BYTES);
      this.#out[this.#size++] = 0x20;
    }
    this.#size += lines.copy(this.#out, this.#size, text, newline);
    this.#out[this.#size++] = NEWLINE;
    this.#endFrame(begin, stream);
    return true;
  }

  #encodeOther(line: string): void {
    const entry = parseLogLine(line);
    if (entry === undefined || !this.#wants(entry.stream, () => entry.time)) return;
    const { timestamps, details, raw } = this.#shown;
    const stamp = timestamps === true ? `${entry.time} ` : "";
    const before = Buffer.from(`${stamp}${details === true ? `${detailsOf(entry)} ` : ""}`);
    const whole = Buffer.concat([before, entry.line]);
    this.#put(raw === true ? whole : encodeFrame(entry.stream, whole));
  }

  #wants(stream: LogEntry["stream"], timeOf: () => string): boolean {
    if (!this.#shown[stream]) return false;
    if (this.#since === "" && this.#until === "~") return true;
    const time = timeOf();
    return time >= this.#since && time <= this.#until;
  }

  #beginFrame(): number {
    const begin = this.#size;
    if (this.#shown.raw !== true) this.#size += FRAME_HEAD_BYTES;
    return begin;
  }

  #endFrame(begin: number, stream: LogEntry["stream"]): void {
    if (this.#shown.raw === true) return;
    const place = { offset: begin, sizeBytes: this.#size - begin - FRAME_HEAD_BYTES };
    writeFrameHead(this.#out, stream, place);
  }

  /** Details, and lines of others' writing, may be longer than they were. */
  #put(bytes: Uint8Array): void {
    if (this.#size + bytes.length > this.#out.length) {
      const room = Buffer.alloc(this.#out.length + bytes.length);
      this.#out = Buffer.concat([this.#out, room]);
    }
    this.#out.set(bytes, this.#size);
    this.#size += bytes.length;
  }
}

/** Docker's form: by name, in the escapes of a URL's query. */
function detailsOf({ attributes = {} }: LogEntry): string {
  const names = Object.keys(attributes).sort();
  return names
    .map((name) => `${escapeQuery(name)}=${escapeQuery(attributes[name] ?? "")}`)
    .join(",");
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
