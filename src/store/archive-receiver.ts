import { closeSync, openSync, writeSync } from "node:fs";
import { posix } from "node:path";
import { badArchive, shownName, type TarEntry } from "../base/tar/tar-entry.ts";
import { TarReader, type TarSink } from "../base/tar/tar-reader.ts";
import { Digester } from "../oci/digest.ts";
import {
  type ArchivedFile,
  ArchiveFiles,
  type ArchiveHost,
  digestInName,
} from "./archive-files.ts";
import { decompress, sniff } from "./compression.ts";
import { explainDisk } from "./disk-error.ts";
import { joinPath, splitPath } from "./entry-path.ts";
import { GrowingFile } from "./growing-file.ts";
import type { LayerBuild } from "./layer-build.ts";
import { looksLikeLayer } from "./layer-signature.ts";

const TELL_EVERY_BYTES = 1 << 20;

interface OpenFile {
  readonly name: string;
  readonly fd: number;
  readonly growing: GrowingFile;
  readonly digester: Digester;
  build: LayerBuild | undefined;
  sizeBytes: number;
}

/** Receives an archive of images, plain or compressed. Its names are only names: no path is made of them. */
export async function receiveArchive(
  bytes: AsyncIterable<Uint8Array>,
  host: ArchiveHost,
): Promise<ArchiveFiles> {
  using receiver = new ArchiveReceiver(host);
  const reader = new TarReader(receiver);
  for await (const chunk of decompress(await sniff(bytes))) reader.feed(chunk);
  reader.finish({ endMark: "required" });
  return await receiver.finish();
}

/** Writes each file of an archive to the disk under a name of our own. */
class ArchiveReceiver implements TarSink, Disposable {
  readonly #files = new ArchiveFiles();
  readonly #host: ArchiveHost;
  readonly #layers: (readonly [name: string, path: string, build: LayerBuild])[] = [];
  #open: OpenFile | undefined;

  constructor(host: ArchiveHost) {
    this.#host = host;
  }

  begin(entry: TarEntry): void {
    const name = joinPath(splitPath(entry.name));
    if (entry.kind === "file") this.#begin(name);
    if (entry.kind === "link") this.#files.addLink(name, joinPath(splitPath(entry.linkName)));
    if (entry.kind === "symlink") this.#files.addLink(name, symlinkTarget(name, entry.linkName));
  }

  data(bytes: Uint8Array, offset: number): void {
    const file = this.#open;
    if (file === undefined) return;
    if (offset !== file.sizeBytes) throw badArchive(`${shownName(file.name)} is a sparse file`);
    if (offset === 0) this.#look(file, bytes);
    this.#write(file, bytes);
    // Whoever unpacks it computes its digest.
    if (file.build === undefined) file.digester.update(bytes);
    else if (file.sizeBytes - file.growing.growth.sizeBytes >= TELL_EVERY_BYTES) grow(file);
  }

  end(): void {
    const file = this.#open;
    if (file === undefined) return;
    this.#open = undefined;
    closeSync(file.fd);
    const { name, sizeBytes, build, growing } = file;
    if (build === undefined) {
      const digest = file.digester.digest();
      this.#files.addFile(name, { path: growing.path, digest, sizeBytes });
      return;
    }
    grow(file);
    growing.complete();
    this.#layers.push([name, growing.path, build]);
  }

  /** All files, when those that are layers are unpacked. */
  async finish(): Promise<ArchiveFiles> {
    for (const [name, path, build] of this.#layers) {
      this.#files.addFile(name, await settled(path, build));
    }
    return this.#files;
  }

  [Symbol.dispose](): void {
    if (this.#open === undefined) return;
    closeSync(this.#open.fd);
    this.#open.growing.fail(badArchive("it was cut off"));
  }

  #begin(name: string): void {
    const path = this.#host.newPath();
    try {
      const fd = openSync(path, "wx", 0o600);
      const growing = new GrowingFile(path);
      const digester = new Digester();
      this.#open = { name, fd, growing, digester, build: undefined, sizeBytes: 0 };
    } catch (cause) {
      throw explainDisk(cause, `Cannot make "${path}"`);
    }
  }

  /** The first bytes tell whether it is worth to unpack it at once. */
  #look(file: OpenFile, bytes: Uint8Array): void {
    const claimed = digestInName(file.name);
    if (claimed !== undefined && this.#host.isKnown(claimed)) return;
    if (looksLikeLayer(bytes)) file.build = this.#host.build(file.growing);
  }

  #write(file: OpenFile, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(file.fd, bytes, done);
    } catch (cause) {
      throw explainDisk(cause, `Cannot write "${file.growing.path}"`);
    }
    file.sizeBytes += bytes.length;
  }
}

function grow({ growing, sizeBytes }: OpenFile): void {
  growing.grow(sizeBytes);
}

async function settled(
  path: string,
  build: LayerBuild,
): Promise<ArchivedFile | { readonly failure: unknown }> {
  try {
    const { blobDigest, blobBytes } = await build.content;
    return { path, digest: blobDigest, sizeBytes: blobBytes, build };
  } catch (failure) {
    return { failure };
  }
}

function symlinkTarget(name: string, target: string): string {
  return joinPath(splitPath(target.startsWith("/") ? target : `${posix.dirname(name)}/${target}`));
}
