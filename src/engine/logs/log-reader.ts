import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { formatTime } from "../../base/time.ts";
import type { LogEntry, LogQuery } from "../facade.ts";
import { type LogFile, openLogFiles, openNextLogFile } from "./log-files.ts";
import { LineCutter, parseLogLine } from "./log-line.ts";
import { findSince, findTail, type LogPosition } from "./log-position.ts";

const PIECE_BYTES = 64 * 1024;

/** The log of a container. */
export interface LogSource {
  /** The newest file; older ones have `.1`, `.2` and so on after the name. */
  readonly path: string;
  /** Resolves when nothing more will be written; undefined: that is so already. */
  readonly ended?: Promise<unknown>;
}

/**
 * Reads a json-file log in batches, oldest entry first. With `follow` it goes on until the program
 * ended: across rotations, with no line missed, shown twice or shown in part.
 */
export async function* readLog(
  source: LogSource,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<readonly LogEntry[]> {
  await using scope = new AsyncDisposableStack();
  // Watched from before the first read on: what is written meanwhile is either read or reported.
  const changes =
    query.follow && source.ended !== undefined
      ? scope.use(new LogChanges(source.path, source.ended, signal))
      : undefined;
  const reader = scope.use(await LogReader.open(source.path, query));
  for (;;) {
    // Asked before reading: what was written before the end is then read below for sure.
    const isLast = changes === undefined || changes.isOver;
    for await (const batch of reader.readOn()) {
      if (signal.aborted) return;
      yield batch;
    }
    if (isLast || reader.isPastUntil || signal.aborted) return;
    await changes.next();
  }
}

/** Reads on from where it stopped, file after file. */
class LogReader implements AsyncDisposable {
  readonly #path: string;
  readonly #accepts: (entry: LogEntry) => boolean;
  readonly #until: string | undefined;
  /** The one that is being read, and those after it that are known. */
  readonly #files: LogFile[];
  #offset: number;
  #cutter = new LineCutter();
  isPastUntil = false;

  private constructor(path: string, query: LogQuery, from: LogPosition & { files: LogFile[] }) {
    this.#path = path;
    this.#files = from.files;
    this.#offset = from.offset;
    this.#accepts = compileAccepts(query);
    this.#until = query.until === undefined ? undefined : formatTime(query.until);
  }

  static async open(path: string, query: LogQuery): Promise<LogReader> {
    await using undo = new AsyncDisposableStack();
    const files = [...(await openLogFiles(path))];
    undo.defer(() => closeAll(files));
    const position = await startOf(files, query);
    await closeAll(files.splice(0, position.file));
    undo.move();
    return new LogReader(path, query, { files, ...position });
  }

  /** All that is there now. */
  async *readOn(): AsyncGenerator<readonly LogEntry[]> {
    for (;;) {
      yield* this.#drain();
      if (this.isPastUntil || !(await this.#findNext())) return;
      if (this.#files.length === 1) continue;
      // Between the end that was just seen and the rotation more may have been written.
      yield* this.#drain();
      await this.#files.shift()?.handle.close();
      this.#offset = 0;
      this.#cutter = new LineCutter();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#files);
  }

  async *#drain(): AsyncGenerator<readonly LogEntry[]> {
    const handle = this.#files[0]?.handle;
    if (handle === undefined) return;
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    while (!this.isPastUntil) {
      const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const batch = this.#select(this.#cutter.push(piece.subarray(0, bytesRead)));
      if (batch.length > 0) yield batch;
    }
  }

  #select(lines: readonly string[]): readonly LogEntry[] {
    const batch: LogEntry[] = [];
    for (const line of lines) {
      const entry = parseLogLine(line);
      if (entry === undefined) continue;
      this.isPastUntil = this.#until !== undefined && entry.time > this.#until;
      if (this.isPastUntil) break;
      if (this.#accepts(entry)) batch.push(entry);
    }
    return batch;
  }

  async #findNext(): Promise<boolean> {
    if (this.#files.length > 1) return true;
    const next = await openNextLogFile(this.#path, this.#files[0]);
    if (next !== undefined) this.#files.push(next);
    return next !== undefined;
  }
}

/** Tells that there may be more to read, or that there will be no more. */
class LogChanges implements Disposable {
  readonly #watcher: FSWatcher;
  #wake = Promise.withResolvers<void>();
  isOver = false;

  constructor(path: string, ended: Promise<unknown>, signal: AbortSignal) {
    const name = basename(path);
    this.#watcher = watch(dirname(path), (_event, changed) => {
      if (changed === null || changed.startsWith(name)) this.#wake.resolve();
    });
    // The directory goes when the container is removed: the end is reported by then.
    this.#watcher.on("error", () => this.#end());
    void ended.then(() => this.#end());
    signal.addEventListener("abort", () => this.#end(), { once: true });
    if (signal.aborted) this.#end();
  }

  /** Waits for what happened since it was last called. */
  async next(): Promise<void> {
    await this.#wake.promise;
    if (!this.isOver) this.#wake = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  #end(): void {
    this.isOver = true;
    this.#wake.resolve();
  }
}

async function startOf(files: readonly LogFile[], query: LogQuery): Promise<LogPosition> {
  const { tail, since } = query;
  // As in Docker, `tail` counts first, and `since` then drops some of what it counted.
  if (tail !== undefined) return await findTail(files, tail, (entry) => query[entry.stream]);
  if (since !== undefined) return await findSince(files, formatTime(since));
  return { file: 0, offset: 0 };
}

function compileAccepts(query: LogQuery): (entry: LogEntry) => boolean {
  const since = query.since === undefined ? "" : formatTime(query.since);
  return ({ stream, time }) => query[stream] && time >= since;
}

async function closeAll(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map(({ handle }) => handle.close()));
}
