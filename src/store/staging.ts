import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, Digester } from "../oci/digest.ts";
import { explainDisk } from "./disk-error.ts";
import { removeTree } from "./remove-tree.ts";

/** Bytes that are on the disk, and not yet part of anything. */
export interface StagedFile {
  readonly path: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
}

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

  /** Writes bytes to a file. */
  async receive(bytes: AsyncIterable<Uint8Array>): Promise<StagedFile> {
    const path = this.newPath();
    const digester = new Digester();
    let sizeBytes = 0;
    await using file = await this.#create(path);
    for await (const chunk of bytes) {
      digester.update(chunk);
      sizeBytes += chunk.length;
      await writeAll(file, chunk).catch((cause) => {
        throw explainDisk(cause, `Cannot write "${path}"`);
      });
    }
    return { path, digest: digester.digest(), sizeBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await removeTree(this.path);
  }

  #create(path: string) {
    return open(path, "wx", 0o600).catch((cause) => {
      throw explainDisk(cause, `Cannot make "${path}"`);
    });
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done, chunk.length - done);
    done += bytesWritten;
  }
}
