import { mkdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { explainDisk } from "./disk-error.ts";
import type { GrowingFile } from "./growing-file.ts";
import { removeTree } from "./remove-tree.ts";

let counter = 0;

/** The directory for what is half done. Whatever is in it when a data root is opened is removed. */
export function temporaryDirectory(dataRoot: string): string {
  return join(dataRoot, "tmp");
}

/** A name in there that nothing has. */
export function temporaryPath(dataRoot: string): string {
  counter += 1;
  return join(temporaryDirectory(dataRoot), String(counter));
}

/** Whether this process has given out this name; all that others have is removed when it opens. */
export function isTemporaryName(name: string): boolean {
  return /^\d+$/.test(name) && Number(name) <= counter;
}

/** A directory for the parts of one piece of work. What was not moved out of it goes with it. */
export class Staging implements AsyncDisposable {
  readonly path: string;
  #names = 0;

  constructor(dataRoot: string) {
    this.path = temporaryPath(dataRoot);
    try {
      mkdirSync(this.path, { mode: 0o700 });
    } catch (cause) {
      throw explainDisk(cause, `Cannot make "${this.path}"`);
    }
  }

  /** A path in it that nothing has. */
  newPath(): string {
    this.#names += 1;
    return join(this.path, String(this.#names));
  }

  /** Writes bytes to a file while others read it. Ends early with what fails `reader`. */
  async receive(
    bytes: AsyncIterable<Uint8Array>,
    file: GrowingFile,
    reader: Promise<unknown>,
  ): Promise<void> {
    const failed = failureOf(reader);
    await using handle = await openNew(file.path);
    let sizeBytes = 0;
    const iterator = bytes[Symbol.asyncIterator]();
    for (;;) {
      // What cannot be read need not come to its end, which may be far.
      const { done, value } = await Promise.race([iterator.next(), failed]);
      if (done === true) break;
      await writeAll(handle, value, file.path);
      sizeBytes += value.length;
      file.grow(sizeBytes);
    }
    file.complete();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path);
  }
}

function failureOf(work: Promise<unknown>): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => undefined);
  work.catch(reject);
  return promise;
}

function openNew(path: string): Promise<FileHandle> {
  return open(path, "wx", 0o600).catch((cause) => {
    throw explainDisk(cause, `Cannot make "${path}"`);
  });
}

/** Writes all of a chunk, also where the kernel takes it in parts. */
export async function writeAll(file: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  try {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done);
      done += bytesWritten;
    }
  } catch (cause) {
    throw explainDisk(cause, `Cannot write "${path}"`);
  }
}
