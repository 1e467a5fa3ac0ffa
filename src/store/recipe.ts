import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { explainDisk } from "./disk-error.ts";
import { damagedRecipe, RecipeFrame, type RecipeStep, readFrame } from "./recipe-frame.ts";

const FRAME_BYTES = 1 << 20;
const PIECE_BYTES = 1 << 18;
const HEAD_BYTES = 8;
// A frame is a little more than FRAME_BYTES at most, and packing makes nothing much larger.
const MAX_PACKED_BYTES = 4 * FRAME_BYTES;

/**
 * Notes how a layer's archive is made again from its unpacked files: all bytes that are not in a file,
 * and for the rest which part of which file. With it the archive needs no room of its own.
 */
export class RecipeWriter implements Disposable {
  readonly #fd: number;
  readonly #frame = new RecipeFrame();
  #pending: { path: string; offset: number; length: number } | undefined;

  constructor(path: string) {
    this.#fd = openSync(path, "wx", 0o600);
  }

  /** Bytes that stand in the recipe itself. */
  bytes(bytes: Uint8Array): void {
    this.#flushContent();
    for (let at = 0; at < bytes.length; at += FRAME_BYTES) {
      this.#frame.addBytes(bytes.subarray(at, at + FRAME_BYTES));
      this.#writeIfFull();
    }
  }

  /** A part of a file; `path` is as the archive has it, bytes as latin1. */
  content(path: string, offset: number, length: number): void {
    const pending = this.#pending;
    if (pending?.path === path && pending.offset + pending.length === offset) {
      pending.length += length;
      return;
    }
    this.#flushContent();
    this.#pending = { path, offset, length };
  }

  /** To be called after the last part. */
  finish(): void {
    this.#flushContent();
    this.#write();
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }

  #flushContent(): void {
    if (this.#pending === undefined) return;
    this.#frame.addContent(this.#pending);
    this.#pending = undefined;
    this.#writeIfFull();
  }

  #writeIfFull(): void {
    if (this.#frame.size >= FRAME_BYTES) this.#write();
  }

  /** A head of two lengths, packed and unpacked, then the packed frame. */
  #write(): void {
    const plain = this.#frame.take();
    const packed = Bun.zstdCompressSync(plain, { level: 1 });
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32LE(packed.length, 0);
    head.writeUInt32LE(plain.length, 4);
    for (const part of [head, packed]) {
      for (let done = 0; done < part.length; ) done += writeSync(this.#fd, part, done);
    }
  }
}

/** Makes a layer's archive again from its recipe and the directory of its files. */
export async function* rebuildArchive(
  recipe: string,
  directory: string,
): AsyncGenerator<Uint8Array> {
  const rootFd = openDirectory(directory);
  try {
    for (const frame of readFrames(recipe)) yield* followSteps(rootFd, readFrame(frame));
  } finally {
    closeSync(rootFd);
  }
}

function* readFrames(path: string): Generator<Buffer> {
  const fd = openSync(path, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    while (readSync(fd, head) === HEAD_BYTES) yield readPacked(fd, head.readUInt32LE(0));
  } finally {
    closeSync(fd);
  }
}

function readPacked(fd: number, length: number): Buffer {
  if (length > MAX_PACKED_BYTES) throw damagedRecipe();
  const packed = Buffer.alloc(length);
  readSync(fd, packed);
  try {
    return Bun.zstdDecompressSync(packed);
  } catch (cause) {
    throw damagedRecipe(cause);
  }
}

async function* followSteps(
  rootFd: number,
  steps: Iterable<RecipeStep>,
): AsyncGenerator<Uint8Array> {
  for (const step of steps) {
    if (step.kind === "bytes") yield step.bytes;
    else yield* readPart(rootFd, step);
  }
}

/** Nothing of a layer is followed out of it, also where one is damaged. */
async function* readPart(
  rootFd: number,
  { path, offset, length }: Extract<RecipeStep, { kind: "content" }>,
): AsyncGenerator<Uint8Array> {
  const fd = openBeneath(rootFd, Buffer.from(`${path}\0`, "latin1"), {
    flags: OPEN.RDONLY | OPEN.NOFOLLOW | OPEN.NONBLOCK,
    resolve: RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS,
  });
  try {
    if (length <= PIECE_BYTES) yield readSmall(fd, offset, length);
    else yield* readLarge(fd, offset, length);
  } finally {
    closeSync(fd);
  }
}

function readSmall(fd: number, offset: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  const count = length === 0 ? 0 : readSync(fd, bytes, 0, length, offset);
  return bytes.subarray(0, count);
}

/** Large files are read by another thread: the disk may make it wait. */
async function* readLarge(fd: number, offset: number, length: number): AsyncGenerator<Uint8Array> {
  await using file = await open(`/proc/self/fd/${fd}`, "r").catch((cause) => {
    throw explainDisk(cause, "Cannot read a layer's file");
  });
  for (let done = 0; done < length; ) {
    const size = Math.min(PIECE_BYTES, length - done);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, offset + done);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    done += bytesRead;
  }
}
