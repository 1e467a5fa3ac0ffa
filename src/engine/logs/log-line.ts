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
  const { log, stream, time } = record as Partial<Record<string, unknown>>;
  if (typeof log !== "string" || typeof time !== "string") return undefined;
  if (stream !== "stdout" && stream !== "stderr") return undefined;
  return { stream, time, line: Buffer.from(log) };
}

/**
 * Cuts bytes into lines as they come in. What has no line end yet is kept for the next piece: a
 * line that is being written is never shown in part.
 */
export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);

  /** The whole lines, without their ends. */
  push(piece: Uint8Array): readonly string[] {
    const bytes = this.#rest.length === 0 ? Buffer.from(piece) : Buffer.concat([this.#rest, piece]);
    const end = bytes.lastIndexOf(NEWLINE);
    this.#rest = bytes.subarray(end + 1);
    if (end < 0) return [];
    return bytes.toString("utf8", 0, end).split("\n");
  }
}
