import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { posix } from "node:path";
import { type Digest, Digester } from "../oci/digest.ts";
import { decompress, sniff } from "./compression.ts";
import { explainDisk } from "./disk-error.ts";
import { joinPath, splitPath } from "./entry-path.ts";
import type { StagedFile } from "./staging.ts";
import { badArchive, shownName, type TarEntry } from "./tar-entry.ts";
import { TarReader, type TarSink } from "./tar-reader.ts";

// A manifest or configuration has some kilobytes.
const MAX_TEXT_BYTES = 16 << 20;
/** Links to links to links: no program writes more than one. */
const MAX_LINKS = 8;

/** Receives an archive of images, plain or compressed. Its names are only names: no path is made of them. */
export async function receiveArchive(
  bytes: AsyncIterable<Uint8Array>,
  newPath: () => string,
): Promise<ArchiveFiles> {
  using receiver = new ArchiveReceiver(newPath);
  const reader = new TarReader(receiver);
  for await (const chunk of decompress(await sniff(bytes))) reader.feed(chunk);
  reader.finish({ endMark: "required" });
  return receiver.files;
}

/** The files of an archive, on the disk, by their names in it. */
export class ArchiveFiles {
  readonly #files = new Map<string, StagedFile>();
  readonly #links = new Map<string, string>();

  addFile(name: string, file: StagedFile): void {
    this.#links.delete(name);
    this.#files.set(name, file);
  }

  addLink(name: string, target: string): void {
    this.#files.delete(name);
    this.#links.set(name, target);
  }

  find(name: string): StagedFile | undefined {
    let path = joinPath(splitPath(name));
    for (let links = 0; links < MAX_LINKS; links++) {
      const target = this.#links.get(path);
      if (target === undefined) return this.#files.get(path);
      path = target;
    }
    return undefined;
  }

  get(name: string): StagedFile {
    const file = this.find(name);
    if (file === undefined) throw badArchive(`it has no file ${JSON.stringify(name)}`);
    return file;
  }

  /** All of a small file. */
  read(name: string): Uint8Array {
    const { path, sizeBytes } = this.get(name);
    if (sizeBytes <= MAX_TEXT_BYTES) return readFileSync(path);
    throw badArchive(`${JSON.stringify(name)} has ${sizeBytes} bytes`);
  }
}

interface OpenFile {
  readonly name: string;
  readonly path: string;
  readonly fd: number;
  readonly digester: Digester;
  sizeBytes: number;
}

/** Writes each file to the disk under a name of our own. */
class ArchiveReceiver implements TarSink, Disposable {
  readonly files = new ArchiveFiles();
  readonly #newPath: () => string;
  #open: OpenFile | undefined;

  constructor(newPath: () => string) {
    this.#newPath = newPath;
  }

  begin(entry: TarEntry): void {
    const name = joinPath(splitPath(entry.name));
    if (entry.kind === "file") this.#begin(name);
    if (entry.kind === "link") this.files.addLink(name, joinPath(splitPath(entry.linkName)));
    if (entry.kind === "symlink") this.files.addLink(name, symlinkTarget(name, entry.linkName));
  }

  data(bytes: Uint8Array, offset: number): void {
    const file = this.#open;
    if (file === undefined) return;
    if (offset !== file.sizeBytes) throw badArchive(`${shownName(file.name)} is a sparse file`);
    file.digester.update(bytes);
    file.sizeBytes += bytes.length;
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done);
    } catch (cause) {
      throw explainDisk(cause, `Cannot write "${file.path}"`);
    }
  }

  end(): void {
    const file = this.#open;
    if (file === undefined) return;
    this.#open = undefined;
    closeSync(file.fd);
    const digest: Digest = file.digester.digest();
    this.files.addFile(file.name, { path: file.path, digest, sizeBytes: file.sizeBytes });
  }

  [Symbol.dispose](): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
  }

  #begin(name: string): void {
    const path = this.#newPath();
    try {
      const fd = openSync(path, "wx", 0o600);
      this.#open = { name, path, fd, digester: new Digester(), sizeBytes: 0 };
    } catch (cause) {
      throw explainDisk(cause, `Cannot make "${path}"`);
    }
  }
}

function symlinkTarget(name: string, target: string): string {
  return joinPath(splitPath(target.startsWith("/") ? target : `${posix.dirname(name)}/${target}`));
}
