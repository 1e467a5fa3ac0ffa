import { fstatSync, readdirSync, statSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasCode } from "../../store/disk-error.ts";
import { inflateLog } from "./log-inflation.ts";
import { parseLogIndex, readLogIndex, type Stretch } from "./log-stretches.ts";

/** An open file of a log. A rotation changes its name, but neither the file nor its inode. */
export class LogFile implements AsyncDisposable {
  /** Later files have higher ones; the newest has the one that it is to get when it is full. */
  readonly number: number;
  readonly inode: number;
  readonly #name: string;
  readonly #handle: FileHandle;
  readonly #index: Uint8Array;
  #inflated: Promise<FileHandle> | undefined;

  private constructor(named: NamedFile, opened: { index: Uint8Array; handle: FileHandle }) {
    this.number = named.number;
    this.inode = named.inode;
    this.#index = opened.index;
    this.#name = named.name;
    this.#handle = opened.handle;
  }

  /** Undefined where it has gone, or another has taken its name. */
  static async open(named: NamedFile): Promise<LogFile | undefined> {
    const handle = await open(named.name, "r").catch(undefinedWhereMissing);
    if (handle === undefined) return undefined;
    await using undo = new AsyncDisposableStack();
    undo.defer(() => handle.close());
    if (fstatSync(handle.fd).ino !== named.inode) return undefined;
    const index = readLogIndex(`${named.name}.index`);
    undo.move();
    return new LogFile(named, { index, handle });
  }

  /** Of which times its parts are. */
  get stretches(): readonly Stretch[] {
    return parseLogIndex(this.#index);
  }

  /** What it says; of a compressed one, what it said before. Closed with the file. */
  content(): Promise<FileHandle> {
    if (!this.#name.endsWith(COMPRESSED)) return Promise.resolve(this.#handle);
    this.#inflated ??= inflateLog(this.#handle, dirname(this.#name));
    return this.#inflated;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const inflated = await this.#inflated?.catch(() => undefined);
    await Promise.all([this.#handle.close(), inflated?.close()]);
  }
}

/** A file of a log that somebody has seen. */
export interface NamedFile {
  readonly name: string;
  readonly number: number;
  readonly inode: number;
  readonly sizeBytes: number;
}

const COMPRESSED = ".gz";

/** Opens all files of a log, oldest first. */
export async function openLogFiles(path: string): Promise<readonly LogFile[]> {
  const oldest = await openNextLogFile(path, undefined);
  const files = oldest === undefined ? [] : [oldest];
  for (let last = oldest; last !== undefined; ) {
    last = await openNextLogFile(path, last);
    if (last !== undefined) files.push(last);
  }
  return files;
}

/**
 * Opens the file that comes after another; undefined where that is the newest. After one that was
 * rotated out of existence, and after none, comes the oldest that there is.
 */
export async function openNextLogFile(
  path: string,
  file: Pick<LogFile, "number" | "inode"> | undefined,
): Promise<LogFile | undefined> {
  for (;;) {
    const named = after(listLogFiles(path), file, path);
    if (named === undefined) return undefined;
    const next = await LogFile.open(named);
    // A rotation while we looked would make us skip a file, or take one twice: look again.
    const now = after(listLogFiles(path), file, path);
    if (next !== undefined && now?.inode === next.inode && now.number === next.number) return next;
    await next?.[Symbol.asyncDispose]();
  }
}

/** Which number the newest file is to get when it is full. */
export function nextLogNumber(path: string): number {
  const full = numberedFiles(path, namesIn(dirname(path)));
  return (full.at(-1)?.[0] ?? 0) + 1;
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    return emptyWhereMissing(error);
  }
}

/**
 * Oldest first, the newest last. In the middle of a rotation that one may be missing. Synchronous: to look
 * at a few names that are in the cache takes less than to hand that to a thread.
 */
export function listLogFiles(path: string): readonly NamedFile[] {
  const full = numberedFiles(path, namesIn(dirname(path)));
  const newest = [(full.at(-1)?.[0] ?? 0) + 1, basename(path)] as const;
  return [...full, newest]
    .map((file) => statLogFile(path, file))
    .filter((file) => file !== undefined);
}

/** By number, ascending. */
function numberedFiles(
  path: string,
  names: readonly string[],
): readonly (readonly [number, string])[] {
  const base = basename(path);
  const numbers = new Map<number, string>();
  for (const name of names) {
    if (!name.startsWith(`${base}.`)) continue;
    const [, digits, ending = ""] = NUMBERED.exec(name.slice(base.length)) ?? [];
    if (digits === undefined) continue;
    // The one that is being compressed is there twice, and whole without the ending.
    if (ending === "" || !numbers.has(Number(digits))) numbers.set(Number(digits), name);
  }
  return [...numbers].sort(([one], [other]) => one - other);
}

const NUMBERED = /^\.(\d{1,15})(\.gz)?$/;

function statLogFile(
  path: string,
  [number, base]: readonly [number, string],
): NamedFile | undefined {
  const name = join(dirname(path), base);
  const status = statSync(name, { throwIfNoEntry: false });
  return status === undefined
    ? undefined
    : { name, number, inode: status.ino, sizeBytes: status.size };
}

function after(
  files: readonly NamedFile[],
  file: Pick<LogFile, "number" | "inode"> | undefined,
  path: string,
): NamedFile | undefined {
  if (file === undefined) return files[0];
  const index = files.findIndex(({ inode }) => inode === file.inode);
  if (index >= 0) return files[index + 1];
  // It has been compressed since, or removed. Numbers may have begun anew: the one that is being written is
  // newer in any case, but there is none before the first line that comes after a rotation.
  return (
    files.find(({ number }) => number > file.number) ?? files.find(({ name }) => name === path)
  );
}

function undefinedWhereMissing(error: unknown): undefined {
  if (hasCode(error, ["ENOENT"])) return undefined;
  throw error;
}

function emptyWhereMissing(error: unknown): string[] {
  return undefinedWhereMissing(error) ?? [];
}
