// Copying the content of a file inside the kernel: by sharing its blocks where the file system can,
// else piece by piece, with its holes.

import { ftruncateSync, readSync, writeSync } from "node:fs";
import { SysError, syscall, trySyscall } from "./syscall.ts";

const FICLONE = 0x4004_9409;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const ENXIO = 6;

/** EXDEV, EINVAL, ENOSYS, EOPNOTSUPP: between these two files the kernel copies nothing by itself. */
const HARMLESS: ReadonlySet<number> = new Set([18, 22, 38, 95]);
const BUFFER_BYTES = 1 << 20;

// A call that copies more would keep everything else from its turn.
const PIECE_BYTES = 8 << 20;

/** Two open files, by their descriptors. */
export interface FilePair {
  readonly from: number;
  readonly to: number;
}

/**
 * Copies all of `from` into the empty file `to`, and yields after each piece. ioctl_ficlone(2),
 * copy_file_range(2)
 */
export function* copyContent({ from, to }: FilePair, sizeBytes: number): Generator<void> {
  // Whatever stands against it, a copy can still be made the other way.
  if (sizeBytes === 0 || trySyscall("ioctl", to, FICLONE, from) >= 0) return;
  for (const { start, end } of dataOf(from, sizeBytes)) {
    for (let at = start; at < end; ) {
      const copied = copyPiece({ from, to }, at, Math.min(end - at, PIECE_BYTES));
      // It has become shorter meanwhile.
      if (copied === 0) break;
      at += copied;
      yield;
    }
  }
  ftruncateSync(to, sizeBytes);
}

/** How many bytes were copied; 0 at the end of the file. */
function copyPiece({ from, to }: FilePair, at: number, bytes: number): number {
  const [source, target] = [BigInt64Array.of(BigInt(at)), BigInt64Array.of(BigInt(at))];
  const result = trySyscall("copy_file_range", from, source, to, target, bytes, 0);
  if (result >= 0) return result;
  if (!HARMLESS.has(-result)) throw new SysError("copy_file_range", "", -result);
  const buffer = Buffer.allocUnsafe(Math.min(bytes, BUFFER_BYTES));
  const read = readSync(from, buffer, 0, buffer.byteLength, at);
  for (let done = 0; done < read; ) done += writeSync(to, buffer, done, read - done, at + done);
  return read;
}

/** The parts of a file that are no holes. lseek(2) */
function* dataOf(file: number, sizeBytes: number): Generator<{ start: number; end: number }> {
  for (let end = 0; end < sizeBytes; ) {
    const start = trySyscall("lseek", file, end, SEEK_DATA);
    if (start === -ENXIO) return;
    if (start < 0) throw new SysError("lseek", "", -start);
    end = syscall("lseek", { args: [file, start, SEEK_HOLE] });
    yield { start, end };
  }
}
