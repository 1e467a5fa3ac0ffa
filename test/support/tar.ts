import type { TarEntry } from "../../src/base/tar/tar-entry.ts";
import { TarReader } from "../../src/base/tar/tar-reader.ts";
import { encodeTarHeader, type TarFile, writeTar } from "../../src/base/tar/tar-writer.ts";

/** An entry as it was read, with its content at its places. */
export interface ReadEntry extends TarEntry {
  readonly content: Buffer;
}

/** A whole entry from what matters to a test. */
export function tarEntry(part: Partial<TarEntry> & Pick<TarEntry, "name">): TarEntry {
  return {
    kind: "file",
    linkName: "",
    mode: part.kind === "directory" ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeNs: 0n,
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
    ...part,
  };
}

/** A file of an archive, with the size that its content has. */
export function tarFile(part: Partial<TarEntry> & Pick<TarEntry, "name">, content = ""): TarFile {
  const bytes = Buffer.from(content);
  const isFile = (part.kind ?? "file") === "file";
  return { entry: tarEntry({ ...part, size: isFile ? bytes.length : 0 }), content: [bytes] };
}

export function tarSymlink(name: string, linkName: string): TarFile {
  return tarFile({ name, kind: "symlink", linkName });
}

export function tarLink(name: string, linkName: string): TarFile {
  return tarFile({ name, kind: "link", linkName });
}

export function tarDirectory(name: string, part: Partial<TarEntry> = {}): TarFile {
  return tarFile({ name, kind: "directory", ...part });
}

/** An archive of these files, in memory. */
export async function makeTar(files: readonly TarFile[]): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(writeTar(files)));
}

/** A header, and bytes after it, that are changed by hand: the checksum is made right again. */
export function forgeHeader(
  entry: TarEntry,
  change: (block: Buffer) => void,
  body: Uint8Array = new Uint8Array(),
): Buffer {
  const header = Buffer.from(encodeTarHeader(entry));
  const block = header.subarray(-512);
  change(block);
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** Reads an archive that comes in pieces of `size` bytes. */
export function readTar(archive: Uint8Array, size = archive.length): readonly ReadEntry[] {
  const entries: ReadEntry[] = [];
  const reader = new TarReader({
    begin: (entry) =>
      entries.push({ ...entry, content: Buffer.alloc(Math.min(entry.size, 1 << 24)) }),
    data: (bytes, offset) => entries.at(-1)?.content.set(bytes, offset),
    end: () => undefined,
  });
  for (let at = 0; at < archive.length; at += size) reader.feed(archive.subarray(at, at + size));
  reader.finish({ endMark: "required" });
  return entries;
}

/** Bytes as a stream gives them. */
export async function* inPieces(bytes: Uint8Array, size = 4096): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
