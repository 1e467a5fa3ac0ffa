import { closeSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import type { TimeSpec } from "../linux/at.ts";

/** Something to be done about a path when all entries of an archive are there. */
export interface PathNote {
  readonly path: string;
  readonly time: TimeSpec;
}

const HEAD_BYTES = 14;
const PIECE_BYTES = 1 << 20;
const NO_TIME: TimeSpec = { seconds: 0n, nanoseconds: 0 };

/**
 * Notes about paths, in their order, in little memory: an archive can have millions of directories, so
 * what is more than a piece goes to a file.
 */
export class PathNotes implements Disposable {
  readonly #spillPath: string;
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);
  #used = 0;
  #fd: number | undefined;

  /** `spillPath` is where the file may be made; it has no name for longer than a moment. */
  constructor(spillPath: string) {
    this.#spillPath = spillPath;
  }

  /** `path` is bytes as latin1, of at most 64 KiB. */
  add({ path, time = NO_TIME }: { readonly path: string; readonly time?: TimeSpec }): void {
    const length = HEAD_BYTES + path.length;
    if (this.#used + length > PIECE_BYTES) this.#spill();
    const at = this.#used;
    this.#piece.writeBigInt64LE(time.seconds, at);
    this.#piece.writeUInt32LE(time.nanoseconds, at + 8);
    this.#piece.writeUInt16LE(path.length, at + 12);
    this.#piece.write(path, at + HEAD_BYTES, "latin1");
    this.#used += length;
  }

  *read(): Generator<PathNote> {
    if (this.#fd !== undefined) {
      this.#spill();
      for (const piece of readPieces(this.#fd)) yield* decode(piece);
    }
    yield* decode(this.#piece.subarray(0, this.#used));
  }

  [Symbol.dispose](): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #spill(): void {
    this.#fd ??= openWithoutName(this.#spillPath);
    const head = Buffer.alloc(4);
    head.writeUInt32LE(this.#used, 0);
    for (const part of [head, this.#piece.subarray(0, this.#used)]) {
      for (let done = 0; done < part.length; ) done += writeSync(this.#fd, part, done);
    }
    this.#used = 0;
  }
}

function openWithoutName(path: string): number {
  const fd = openSync(path, "wx+", 0o600);
  rmSync(path);
  return fd;
}

function* readPieces(fd: number): Generator<Buffer> {
  const head = Buffer.alloc(4);
  for (let at = 0; readSync(fd, head, 0, 4, at) === 4; ) {
    const piece = Buffer.allocUnsafe(head.readUInt32LE(0));
    readSync(fd, piece, 0, piece.length, at + 4);
    yield piece;
    at += 4 + piece.length;
  }
}

function* decode(piece: Buffer): Generator<PathNote> {
  for (let at = 0; at < piece.length; ) {
    const start = at + HEAD_BYTES;
    const end = start + piece.readUInt16LE(at + 12);
    yield {
      path: piece.toString("latin1", start, end),
      time: { seconds: piece.readBigInt64LE(at), nanoseconds: piece.readUInt32LE(at + 8) },
    };
    at = end;
  }
}
