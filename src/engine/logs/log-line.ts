import type { LogEntry } from "../facade.ts";

const NEWLINE = 0x0a;

/** Reads one line of a json-file log; undefined where it is torn, corrupt or of something else. */
export function parseLogLine(line: string): LogEntry | undefined {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    // A crash of the host can leave anything in a file. The lines around it are still worth reading.
    return undefined;
  }
  if (typeof record !== "object" || record === null) return undefined;
  const { log, stream, time, attrs } = record as Partial<Record<string, unknown>>;
  if (typeof log !== "string" || typeof time !== "string") return undefined;
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  const attributes = textsOf(attrs);
  return {
    stream,
    time,
    line: Buffer.from(log),
    ...(attributes === undefined ? {} : { attributes }),
  };
}

function textsOf(attrs: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof attrs !== "object" || attrs === null) return undefined;
  return Object.fromEntries(Object.entries(attrs).map(([name, value]) => [name, String(value)]));
}

/** The entries of some whole lines; what has no end of line yet is none. */
export function parseLogLines(lines: Buffer): readonly LogEntry[] {
  const entries: LogEntry[] = [];
  for (let start = 0; ; ) {
    const end = lines.indexOf(NEWLINE, start);
    if (end < 0) return entries;
    const entry = parseLogLine(lines.toString("utf8", start, end));
    if (entry !== undefined) entries.push(entry);
    start = end + 1;
  }
}

/**
 * Cuts bytes into lines as they come in. What has no line end yet is kept for the next piece: a
 * line that is being written is never shown in part.
 */
export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);

  /** The whole lines, with their ends. They are of the piece's memory, where that can be. */
  push(piece: Buffer): Buffer {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    this.#rest = Buffer.from(bytes.subarray(end));
    return bytes.subarray(0, end);
  }

  /** How many bytes are kept. */
  get heldBytes(): number {
    return this.#rest.length;
  }
}
