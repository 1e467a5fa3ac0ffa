import type { FileHandle } from "node:fs/promises";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** An open file of a log. A rotation changes its name, but neither the file nor its inode. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly inode: number;
}

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
  file: LogFile | undefined,
): Promise<LogFile | undefined> {
  for (;;) {
    const before = await listLogFiles(path);
    const name = before[indexOf(before, file) + 1]?.name;
    if (name === undefined) return undefined;
    const next = await tryOpen(name);
    // A rotation while we looked would make us skip a file, or take one twice: look again.
    const after = await listLogFiles(path);
    if (next !== undefined && indexOf(after, next) === indexOf(after, file) + 1) return next;
    await next?.handle.close();
  }
}

interface NamedFile {
  readonly name: string;
  readonly inode: number;
}

/** Oldest first: `path.2`, `path.1`, `path`. In the middle of a rotation a number may be missing. */
async function listLogFiles(path: string): Promise<readonly NamedFile[]> {
  const base = basename(path);
  const names = await readdir(dirname(path)).catch(emptyWhereMissing);
  const numbered = names.flatMap((name) => {
    if (name === base) return [{ name, age: 0 }];
    const age = name.startsWith(`${base}.`) ? Number(name.slice(base.length + 1)) : Number.NaN;
    return Number.isSafeInteger(age) && age > 0 ? [{ name, age }] : [];
  });
  numbered.sort((one, other) => other.age - one.age);
  const found = await Promise.all(
    numbered.map(async ({ name }) => {
      const full = join(dirname(path), name);
      const status = await stat(full).catch(undefinedWhereMissing);
      return status === undefined ? [] : [{ name: full, inode: status.ino }];
    }),
  );
  return found.flat();
}

function indexOf(files: readonly NamedFile[], file: LogFile | undefined): number {
  return file === undefined ? -1 : files.findIndex(({ inode }) => inode === file.inode);
}

async function tryOpen(name: string): Promise<LogFile | undefined> {
  const handle = await open(name, "r").catch(undefinedWhereMissing);
  return handle === undefined ? undefined : { handle, inode: (await handle.stat()).ino };
}

function undefinedWhereMissing(error: unknown): undefined {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
  throw error;
}

function emptyWhereMissing(error: unknown): string[] {
  return undefinedWhereMissing(error) ?? [];
}
