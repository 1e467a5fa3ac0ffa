// One file of a tree that others may be changing, as a file of an archive.

import { closeSync, fstatSync, read, readlinkSync, readSync } from "node:fs";
import { promisify } from "node:util";
import type { TarEntry, TarKind } from "../base/tar/tar-entry.ts";
import type { TarFile } from "../base/tar/tar-writer.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType } from "../linux/statx.ts";
import { findXattrAt, listXattrsAt } from "../linux/xattr.ts";
import { isPortableXattr, type Place } from "./attributes.ts";
import { hasCode } from "./disk-error.ts";
import { type IdShift, SAME_IDS, toInnerId, toInnerXattr } from "./id-shift.ts";

const PIECE_BYTES = 1 << 18;
const GONE = ["ENOENT", "ENOTDIR", "ELOOP"];

/** What is known of a tree while its files are told. */
export interface Tree {
  /** By what files with several names came first. */
  readonly links: Map<string, string>;
  readonly ids: IdShift;
}

function toInnerEntry(ids: IdShift, entry: TarEntry): TarEntry {
  if (ids === SAME_IDS) return entry;
  const xattrs = [...entry.xattrs].map(
    ([key, value]) => [key, toInnerXattr(ids, key, value)] as const,
  );
  const { uid, gid } = entry;
  return {
    ...entry,
    uid: toInnerId(ids, uid),
    gid: toInnerId(ids, gid),
    xattrs: new Map(xattrs),
  };
}

const KINDS: readonly (readonly [number, TarKind])[] = [
  [FILE_TYPE.FILE, "file"],
  [FILE_TYPE.DIRECTORY, "directory"],
  [FILE_TYPE.SYMLINK, "symlink"],
  [FILE_TYPE.FIFO, "fifo"],
  [FILE_TYPE.CHARACTER, "character"],
  [FILE_TYPE.BLOCK, "block"],
];

/** Undefined: it is gone, or a socket, which nobody would listen on. */
export function findFile(place: Place, shown: string, tree: Tree): TarFile | undefined {
  const status = findStatAt(place.dirFd, place.name);
  const [, kind] = KINDS.find(([type]) => status !== undefined && isType(status, type)) ?? [];
  if (status === undefined || kind === undefined) return undefined;
  try {
    const linkName = kind === "symlink" ? findLink(place) : "";
    if (linkName === undefined) return undefined;
    const entry = toInnerEntry(tree.ids, entryOf(place, status, { kind, shown, linkName }));
    if (kind !== "file") return { entry };
    const key = `${status.fileSystem} ${status.inode}`;
    const first = status.links > 1 ? tree.links.get(key) : undefined;
    if (first !== undefined) return { entry: { ...entry, kind: "link", linkName: first, size: 0 } };
    if (status.links > 1) tree.links.set(key, shown);
    return { entry, content: readFile(place, entry.size) };
  } catch (cause) {
    if (hasCode(cause, GONE)) return undefined;
    throw cause;
  }
}

function entryOf(
  place: Place,
  status: FileStatus,
  { kind, shown, linkName }: { kind: TarKind; shown: string; linkName: string },
): TarEntry {
  const { uid, gid, mode, size, modified, device } = status;
  return {
    kind,
    name: kind === "directory" ? `${shown}/` : shown,
    linkName,
    mode: mode & 0o7777,
    uid,
    gid,
    size: kind === "file" ? size : 0,
    mtimeNs: modified.seconds * 1_000_000_000n + BigInt(modified.nanoseconds),
    device,
    xattrs: readXattrs(place),
  };
}

/** What a link points to; undefined: it is none any more. */
function findLink({ dirFd, name }: Place): string | undefined {
  const path = Buffer.from(`/proc/self/fd/${dirFd}/${name}`, "latin1");
  try {
    return readlinkSync(path, { encoding: "latin1" });
  } catch (cause) {
    if (hasCode(cause, ["EINVAL"])) return undefined;
    throw cause;
  }
}

function readXattrs({ dirFd, name }: Place): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  for (const key of listXattrsAt(dirFd, name).filter(isPortableXattr)) {
    const value = findXattrAt(dirFd, name, key);
    if (value !== undefined) found.set(key, value);
  }
  return found;
}

/** It may be a pipe by now, which must not keep us waiting; undefined: it is no file any more. */
function openFile({ dirFd, name }: Place): number | undefined {
  return openIfThere(dirFd, Buffer.from(`${name}\0`, "latin1"), {
    flags: OPEN.RDONLY | OPEN.NONBLOCK | OPEN.NOFOLLOW,
    resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
  });
}

const readAsync = promisify(read);

/** As many bytes as were announced: what grew is cut off, and what shrank is filled up, as in GNU tar. */
async function* readFile(place: Place, size: number): AsyncGenerator<Uint8Array> {
  const fd = openFile(place);
  const isFile = fd !== undefined && fstatSync(fd).isFile();
  try {
    for (let at = 0; at < size; ) {
      const piece = Buffer.alloc(Math.min(size - at, PIECE_BYTES));
      const bytesRead = isFile ? await readPiece(fd, piece, at) : 0;
      const bytes = bytesRead === 0 ? piece : piece.subarray(0, bytesRead);
      yield bytes;
      at += bytes.length;
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

// Handing less to a thread takes longer than reading it.
const MAX_SYNC_BYTES = 1 << 15;

async function readPiece(fd: number, piece: Buffer, at: number): Promise<number> {
  if (piece.length <= MAX_SYNC_BYTES) return readSync(fd, piece, 0, piece.length, at);
  return (await readAsync(fd, piece, 0, piece.length, at)).bytesRead;
}

/** Undefined: it is gone, or something else by now. */
export function openIfThere(...args: Parameters<typeof openBeneath>): number | undefined {
  try {
    return openBeneath(...args);
  } catch (cause) {
    if (hasCode(cause, GONE)) return undefined;
    throw cause;
  }
}
