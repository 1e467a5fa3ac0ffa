import { randomBytes } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";

/** How much is read at once. */
export const PIECE_BYTES = 256 * 1024;

/** What a compressed log file said, as a file without a name. */
export async function inflateLog(source: FileHandle, directory: string): Promise<FileHandle> {
  const path = join(directory, `.inflated-${randomBytes(8).toString("hex")}`);
  await using undo = new AsyncDisposableStack();
  const handle = await open(path, "wx+", 0o600);
  undo.defer(() => handle.close());
  await unlink(path);
  await pipeline(readingOf(source), createGunzip({ chunkSize: PIECE_BYTES }), writingTo(handle));
  undo.move();
  return handle;
}

/** All bytes of a file. The handle stays open, and is read from its beginning. */
export async function* readingOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let offset = 0; ; ) {
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}

/** Writes all bytes into a file, from its beginning. */
export function writingTo(
  handle: FileHandle,
): (source: AsyncIterable<Uint8Array>) => Promise<void> {
  return async (source) => {
    let offset = 0;
    for await (const piece of source) {
      await handle.write(piece, 0, piece.length, offset);
      offset += piece.length;
    }
  };
}
