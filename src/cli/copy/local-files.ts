import type { BigIntStats } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import type { TarEntry, TarKind } from "../../base/tar/tar-entry.ts";
import type { TarFile } from "../../base/tar/tar-writer.ts";

const PIECE_BYTES = 1 << 18;

/** What of a local file goes along. */
export interface LocalOptions {
  /** The first part of all names. */
  readonly name: string;
  /** Whose they are; else they are root's. */
  readonly keepsOwners: boolean;
}

/** A local file or directory, and all that is in it, as files of an archive. */
export async function* listLocal(path: string, options: LocalOptions): AsyncGenerator<TarFile> {
  const waiting = [{ path: Buffer.from(path), name: toBytes(options.name) }];
  const links = new Map<string, string>();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const file = await toTarFile(next.path, next.name, { ...options, links });
    if (file === undefined) continue;
    yield file;
    if (file.entry.kind !== "directory") continue;
    const names = await readdir(next.path, { encoding: "latin1" });
    for (const name of names.toSorted().reverse()) {
      const below = Buffer.concat([next.path, Buffer.from(`/${name}`, "latin1")]);
      waiting.push({ path: below, name: `${next.name}/${name}` });
    }
  }
}

/** Undefined: a socket, which nobody would listen on. */
async function toTarFile(
  path: Buffer,
  name: string,
  { keepsOwners, links }: LocalOptions & { readonly links: Map<string, string> },
): Promise<TarFile | undefined> {
  const status = await lstat(path, { bigint: true });
  const kind = kindOf(status);
  if (kind === undefined) return undefined;
  const entry: TarEntry = {
    kind,
    name: kind === "directory" ? `${name}/` : name,
    linkName: kind === "symlink" ? await readlink(path, { encoding: "latin1" }) : "",
    mode: Number(status.mode & 0o7777n),
    uid: keepsOwners ? Number(status.uid) : 0,
    gid: keepsOwners ? Number(status.gid) : 0,
    size: kind === "file" ? Number(status.size) : 0,
    mtimeNs: status.mtimeNs,
    device: { major: 0, minor: 0 },
    xattrs: new Map(),
  };
  if (kind !== "file") return { entry };
  const first = status.nlink > 1n ? noteLink(links, status, name) : undefined;
  if (first !== undefined) return { entry: { ...entry, kind: "link", linkName: first, size: 0 } };
  return { entry, content: readLocal(path, entry.size) };
}

/** The name that a file with several came by before. */
function noteLink(links: Map<string, string>, { dev, ino }: BigIntStats, name: string) {
  const key = `${dev} ${ino}`;
  const first = links.get(key);
  if (first === undefined) links.set(key, name);
  return first;
}

function kindOf(status: BigIntStats): TarKind | undefined {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "directory";
  if (status.isSymbolicLink()) return "symlink";
  return status.isFIFO() ? "fifo" : undefined;
}

/** As many bytes as were announced, also where the file has grown since. */
async function* readLocal(path: Buffer, size: number): AsyncGenerator<Uint8Array> {
  await using file = await open(path);
  for (let at = 0; at < size; ) {
    const piece = Buffer.allocUnsafe(Math.min(size - at, PIECE_BYTES));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    // What is missing is told by who writes the archive.
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}

function toBytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}
