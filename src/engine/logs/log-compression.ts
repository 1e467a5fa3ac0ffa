import { open, rename, rm, unlink } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { hasCode } from "../../store/disk-error.ts";
import { LogChanges } from "./log-changes.ts";
import { listLogFiles } from "./log-files.ts";
import { PIECE_BYTES, readingOf, writingTo } from "./log-inflation.ts";
import type { LogSource } from "./log-reader.ts";

/** Puts a compressed file in the place of a full log file. */
export async function compressLog(path: string): Promise<void> {
  const target = `${path}.gz`;
  const temporary = `${target}.new`;
  try {
    await using source = await open(path, "r");
    await using into = await open(temporary, "w", 0o640);
    const gzip = createGzip({ level: 1, chunkSize: PIECE_BYTES });
    await pipeline(readingOf(source), gzip, writingTo(into));
    await into.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await rename(temporary, target);
  // The monitor may have removed it meanwhile, as the oldest.
  await unlink(path).catch(async (error) => {
    await rm(target, { force: true });
    throw error;
  });
  await rm(`${path}.index`, { force: true });
}

/** A log whose full files are to be compressed. */
export interface CompressedLog {
  readonly source: LogSource;
  /** Whoever replaces files of this log holds it. */
  readonly lock: { run(work: () => Promise<void>): Promise<void> };
  readonly signal: AbortSignal;
}

/** Compresses what is full, until the program has ended. */
export async function compressLogs({ source, lock, signal }: CompressedLog): Promise<void> {
  const ended = source.ended ?? Promise.resolve();
  using changes = new LogChanges(source.path, { ended, signal, onlyNames: true });
  for (;;) {
    const isLast = changes.isOver;
    if (!signal.aborted) await lock.run(() => compressFull(source.path, signal));
    if (isLast || signal.aborted) return;
    await changes.next();
  }
}

async function compressFull(path: string, signal: AbortSignal): Promise<void> {
  const numbered = listLogFiles(path).filter(({ name }) => name !== path);
  for (const { name, sizeBytes } of numbered) {
    // An empty one is where the log was cleared.
    if (signal.aborted || sizeBytes === 0 || name.endsWith(".gz")) continue;
    await compressLog(name).catch(whenItHasGone);
  }
}

/** The monitor removes the oldest file when it comes to its end. */
function whenItHasGone(error: unknown): void {
  if (!hasCode(error, ["ENOENT"])) throw error;
}
