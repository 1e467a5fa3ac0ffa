import type { LogQuery } from "../facade.ts";
import { LogChanges } from "./log-changes.ts";
import { type LogFile, listLogFiles, openLogFiles, openNextLogFile } from "./log-files.ts";
import { LineCutter } from "./log-line.ts";
import { findTail, type LogPosition } from "./log-position.ts";
import { planSkips, type Skip } from "./log-stretches.ts";

const PIECE_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/** The log of a container. */
export interface LogSource {
  /** The newest file; older ones have `.1`, `.2` and so on after the name, the oldest the lowest. */
  readonly path: string;
  /** Resolves when nothing more will be written; undefined: that is so already. */
  readonly ended?: Promise<unknown>;
}

/**
 * Reads a json-file log in pieces of whole lines, oldest first. Parts of it that have nothing of the
 * wanted times are left out, but what comes has to be looked through still. With `follow` it goes on
 * until the program ended: across rotations, with no line missed, shown twice or shown in part. The
 * first piece is empty, and comes when the files are open.
 */
export async function* readLog(
  source: LogSource,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  await using scope = new AsyncDisposableStack();
  // Watched from before the first read on: what is written meanwhile is either read or reported.
  const changes =
    query.follow && source.ended !== undefined
      ? scope.use(new LogChanges(source.path, { ...query, ended: source.ended, signal }))
      : undefined;
  const reader = scope.use(await LogReader.open(source.path, query));
  yield NOTHING;
  for (;;) {
    // Asked before reading: what was written before the end is then read below for sure.
    const isLast = changes === undefined || changes.isOver;
    for await (const lines of reader.readOn()) {
      if (signal.aborted) return;
      yield lines;
    }
    if (isLast || signal.aborted) return;
    await changes.next();
  }
}

/** Reads on from where it stopped, file after file. */
export class LogReader implements AsyncDisposable {
  readonly #path: string;
  readonly #query: Pick<LogQuery, "since" | "until">;
  /** The one that is being read, and those after it that are known. */
  readonly #files: LogFile[];
  #offset: number;
  #skips: readonly Skip[];
  #cutter = new LineCutter();

  private constructor(
    path: string,
    query: Pick<LogQuery, "since" | "until">,
    from: { readonly files: LogFile[]; readonly offset: number },
  ) {
    this.#path = path;
    this.#query = query;
    this.#files = from.files;
    this.#offset = from.offset;
    this.#skips = skipsOf(from.files[0], query);
  }

  static async open(path: string, query: LogQuery): Promise<LogReader> {
    await using undo = new AsyncDisposableStack();
    const files = [...(await openLogFiles(path))];
    undo.defer(() => closeAll(files));
    const position = await startOf(files, query);
    await closeAll(files.splice(0, position.file));
    undo.move();
    return new LogReader(path, query, { files, offset: position.offset });
  }

  /** Where a log was read up to, which is a place in it for as long as that file is there. */
  static async openAt(path: string, place: LogPlace): Promise<LogReader> {
    const files = [...(await openLogFiles(path))];
    await closeAll(files.splice(0, files.findLastIndex(({ number }) => number < place.number) + 1));
    const offset = files[0]?.number === place.number ? place.offset : 0;
    return new LogReader(path, {}, { files, offset });
  }

  /** Up to where all has been handed out. */
  get place(): LogPlace {
    const offset = this.#offset - this.#cutter.heldBytes;
    return { number: this.#files[0]?.number ?? 0, offset };
  }

  /** How much there is that was not handed out yet. */
  behindBytes(): number {
    const { number, offset } = this.place;
    const left = listLogFiles(this.#path).filter((file) => file.number >= number);
    return left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - offset;
  }

  /** All that is there now. */
  async *readOn(): AsyncGenerator<Buffer> {
    for (;;) {
      yield* this.#drain();
      if (!(await this.#findNext())) return;
      if (this.#files.length === 1) continue;
      // Between the end that was just seen and the rotation more may have been written.
      yield* this.#drain();
      await this.#files.shift()?.[Symbol.asyncDispose]();
      this.#begin(0);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#files);
  }

  #begin(offset: number): void {
    this.#offset = offset;
    this.#cutter = new LineCutter();
    this.#skips = skipsOf(this.#files[0], this.#query);
  }

  async *#drain(): AsyncGenerator<Buffer> {
    const handle = await this.#files[0]?.content();
    if (handle === undefined) return;
    for (;;) {
      const size = this.#skipAhead();
      const piece = Buffer.allocUnsafe(size);
      const { bytesRead } = await handle.read(piece, 0, size, this.#offset);
      if (bytesRead === 0) {
        if ((await handle.stat()).size >= this.#offset) return;
        // Somebody has emptied it.
        this.#begin(0);
        this.#skips = [];
        continue;
      }
      this.#offset += bytesRead;
      const lines = this.#cutter.push(piece.subarray(0, bytesRead));
      if (lines.length > 0) yield lines;
    }
  }

  /** How much to read, after going past what is not wanted. */
  #skipAhead(): number {
    const next = this.#skips.find(({ to }) => to > this.#offset);
    if (next === undefined) return PIECE_BYTES;
    if (next.from > this.#offset) return Math.min(PIECE_BYTES, next.from - this.#offset);
    this.#offset = next.to;
    return this.#skipAhead();
  }

  async #findNext(): Promise<boolean> {
    if (this.#files.length > 1) return true;
    const next = await openNextLogFile(this.#path, this.#files[0]);
    if (next === undefined) return false;
    this.#files.push(next);
    if (this.#files.length === 1) this.#begin(0);
    return true;
  }
}

function skipsOf(
  file: LogFile | undefined,
  query: Pick<LogQuery, "since" | "until">,
): readonly Skip[] {
  const isTimed = query.since !== undefined || query.until !== undefined;
  return file === undefined || !isTimed ? [] : planSkips(file.stretches, query);
}

/** A place in a log that outlives the files before it. */
export interface LogPlace {
  /** Of the file; 0: before all of them. */
  readonly number: number;
  readonly offset: number;
}

async function startOf(
  files: readonly LogFile[],
  { tail, ...query }: LogQuery,
): Promise<LogPosition> {
  // As in Docker, `tail` counts first, and `since` then drops some of what it counted.
  if (tail !== undefined) return await findTail(files, tail, (entry) => query[entry.stream]);
  return { file: 0, offset: 0 };
}

async function closeAll(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map((file) => file[Symbol.asyncDispose]()));
}
