import type { FileHandle } from "node:fs/promises";
import type { LogEntry } from "../facade.ts";
import type { LogFile } from "./log-files.ts";
import { parseLogLine } from "./log-line.ts";

/** A place in a log: which of its files, and the offset of the beginning of a line there. */
export interface LogPosition {
  readonly file: number;
  readonly offset: number;
}

const BLOCK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Where the last `count` lines begin that are wanted; reads no more of the log than that. */
export async function findTail(
  files: readonly LogFile[],
  count: number,
  isWanted: (entry: LogEntry) => boolean,
): Promise<LogPosition> {
  if (count === 0) return await endOf(files);
  let left = count;
  for await (const { file, offset, line } of allLinesBackwards(files)) {
    const entry = parseLogLine(line);
    if (entry !== undefined && isWanted(entry)) left -= 1;
    if (left === 0) return { file, offset };
  }
  return { file: 0, offset: 0 };
}

async function endOf(files: readonly LogFile[]): Promise<LogPosition> {
  const newest = files.at(-1);
  if (newest === undefined) return { file: 0, offset: 0 };
  return { file: files.length - 1, offset: await endOfLines(await newest.content()) };
}

async function* allLinesBackwards(files: readonly LogFile[]) {
  for (const [file, opened] of [...files.entries()].reverse()) {
    const handle = await opened.content();
    for await (const line of linesBackwards(handle, await endOfLines(handle))) {
      yield { file, ...line };
    }
  }
}

/** Just after the last line end: a torn line after it is none. */
async function endOfLines(handle: FileHandle): Promise<number> {
  let end = (await handle.stat()).size;
  while (end > 0) {
    const start = Math.max(0, end - BLOCK_BYTES);
    const block = await readBlock(handle, start, end - start);
    const last = block.lastIndexOf(NEWLINE);
    if (last >= 0) return start + last + 1;
    end = start;
  }
  return 0;
}

/** From the end to the beginning. */
async function* linesBackwards(handle: FileHandle, end: number) {
  // What is known of the line whose beginning has not been seen, without its line end.
  let tail: Buffer = Buffer.alloc(0);
  for (let at = end; at > 0; ) {
    const start = Math.max(0, at - BLOCK_BYTES);
    const block = Buffer.concat([await readBlock(handle, start, at - start), tail]);
    let stop = block.length;
    for (let cut = lastNewline(block, stop); cut >= 0; cut = lastNewline(block, stop)) {
      yield { offset: start + cut + 1, line: block.toString("utf8", cut + 1, stop) };
      stop = cut + 1;
    }
    tail = block.subarray(0, stop);
    at = start;
  }
  if (tail.length > 0) yield { offset: 0, line: tail.toString("utf8") };
}

/** The line end before the line that ends at `stop`. */
function lastNewline(block: Buffer, stop: number): number {
  return stop < 2 ? -1 : block.lastIndexOf(NEWLINE, stop - 2);
}

async function readBlock(handle: FileHandle, offset: number, size: number): Promise<Buffer> {
  const block = Buffer.allocUnsafe(size);
  const { bytesRead } = await handle.read(block, 0, size, offset);
  return block.subarray(0, bytesRead);
}
