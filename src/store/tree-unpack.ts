import { chmodSync, closeSync, fchmodSync, fchownSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { shownName, type TarEntry } from "../base/tar/tar-entry.ts";
import { TarReader, type TarSink } from "../base/tar/tar-reader.ts";
import {
  changeFileTime,
  changeOwnerAt,
  changeTimeAt,
  createFileAt,
  makeDirectoryAt,
  makeLinkAt,
} from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { type FileOwner, withFileOwner } from "../linux/file-owner.ts";
import { FILE_TYPE, findStatAt, isType } from "../linux/statx.ts";
import { applyXattrs, type Place } from "./attributes.ts";
import { decompress, sniff } from "./compression.ts";
import { hasCode } from "./disk-error.ts";
import { type EntryFile, endContent, writeContent } from "./entry-file.ts";
import { joinPath, splitPath } from "./entry-path.ts";
import { explainEntry } from "./explain-entry.ts";
import { type IdShift, SAME_IDS, toOuterId, toOuterXattr } from "./id-shift.ts";
import { makeSpecial, toTimeSpec } from "./make-entry.ts";
import { openInRoot } from "./parent-directories.ts";
import { PathNotes } from "./path-notes.ts";
import { removeTreeAt } from "./remove-tree.ts";

/** Where an archive is to be unpacked. */
export interface UnpackPlace {
  readonly directory: string;
  /** A directory in there that must be there. */
  readonly path: string;
  /** A path beside, for notes while it lasts. */
  readonly notesPath: string;
  /** How the ids on the disk are shifted. */
  readonly ids?: IdShift;
  /** Whose all of it becomes, whatever the archive says. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** As `docker cp`: what stands in an entry's way is removed, and the directory itself stays as it is. */
  readonly merge?: {
    /** No directory is replaced by something else, nor something else by a directory. */
    readonly keepsKinds: boolean;
  };
}

/**
 * Unpacks an archive, which may be compressed, into a directory that others may be working in. Neither
 * the archive nor they can make it read, make, change or remove anything outside of the directory.
 */
export async function unpackTree(
  archive: AsyncIterable<Uint8Array>,
  place: UnpackPlace,
): Promise<void> {
  using unpacker = new TreeUnpacker(place);
  const reader = new TarReader(unpacker);
  for await (const chunk of decompress(await sniff(archive))) reader.feed(chunk);
  reader.finish({ endMark: "optional" });
  unpacker.finish();
}

class TreeUnpacker implements TarSink, Disposable {
  readonly #root: number;
  readonly #top: string;
  readonly #directoryTimes: PathNotes;
  readonly #place: UnpackPlace;
  readonly #ids: IdShift;
  readonly #maker: FileOwner | undefined;
  #file: EntryFile | undefined;

  constructor(place: UnpackPlace) {
    const { directory, path, notesPath, ids = SAME_IDS } = place;
    this.#place = place;
    this.#ids = ids;
    this.#maker = ids.hostId === 0 ? undefined : { uid: ids.hostId, gid: ids.hostId };
    this.#root = openDirectory(directory);
    this.#directoryTimes = new PathNotes(notesPath);
    this.#top = joinPath(splitPath(path));
    try {
      closeSync(openInRoot(this.#root, this.#top));
    } catch (cause) {
      closeSync(this.#root);
      if (!hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP"])) throw cause;
      throw new EngineError("not-found", `no such directory: ${shownName(path)}`, { cause });
    }
  }

  begin(entry: TarEntry): void {
    try {
      this.#begin(this.#toOuter(entry));
    } catch (cause) {
      throw explainEntry(cause, entry);
    }
  }

  data(bytes: Uint8Array, offset: number): void {
    if (this.#file !== undefined) writeContent(this.#file, bytes, offset);
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    const { fd, entry } = file;
    try {
      endContent(file);
      // The owner first: changing it takes set-id bits and capabilities away.
      fchownSync(fd, entry.uid, entry.gid);
      fchmodSync(fd, entry.mode);
      applyXattrs({ dirFd: fd, name: "" }, entry.xattrs);
      changeFileTime(fd, toTimeSpec(entry.mtimeNs));
    } catch (cause) {
      throw explainEntry(cause, entry);
    } finally {
      closeSync(fd);
    }
  }

  /** To be called after the last entry: everything that is made in a directory changes its time. */
  finish(): void {
    for (const { path, time } of this.#directoryTimes.read()) {
      try {
        using directory = this.#open(path);
        changeTimeAt(directory.fd, ".", time);
      } catch (cause) {
        // Somebody has taken it away.
        if (!hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP"])) throw cause;
      }
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#directoryTimes[Symbol.dispose]();
    closeSync(this.#root);
  }

  #begin(entry: TarEntry): void {
    const { parent, base } = splitPath(entry.name);
    // A link to itself is there already; it must not be removed to be made.
    if (
      entry.kind === "link" &&
      joinPath(splitPath(entry.linkName)) === joinPath({ parent, base })
    ) {
      return;
    }
    const { merge } = this.#place;
    // As in Docker; whatever else is asked for, all that is there would have to go first.
    if (merge !== undefined && base === "" && (entry.kind === "directory" || !merge.keepsKinds)) {
      return;
    }
    using directory = this.#ensure(this.#below(parent));
    const place = { dirFd: directory.fd, name: base === "" ? "." : base };
    const isThere = makeRoom(entry, place, merge);
    if (entry.kind === "file") {
      const fd = this.#make(() => createFileAt(place.dirFd, place.name, 0o600));
      this.#file = { fd, entry, end: 0 };
      return;
    }
    if (entry.kind === "link") {
      this.#makeLink(entry.linkName, place);
      return;
    }
    if (!isThere) this.#make(() => makeSpecial(entry, place, 0o700));
    finishOther(entry, place);
    if (entry.kind !== "directory") return;
    const path = this.#below(joinPath({ parent, base }));
    this.#directoryTimes.add({ path, time: toTimeSpec(entry.mtimeNs) });
  }

  #make<Result>(work: () => Result): Result {
    return withFileOwner(this.#maker, work);
  }

  /** An entry as it will stand on the disk. */
  #toOuter(entry: TarEntry): TarEntry {
    const ids = this.#ids;
    const { uid, gid } = this.#place.owner ?? entry;
    if (ids === SAME_IDS) return { ...entry, uid, gid };
    const xattrs = [...entry.xattrs].map(
      ([key, value]) => [key, toOuterXattr(ids, key, value)] as const,
    );
    return {
      ...entry,
      uid: toOuterId(ids, uid),
      gid: toOuterId(ids, gid),
      xattrs: new Map(xattrs),
    };
  }

  #makeLink(linkName: string, to: Place): void {
    const { parent, base } = splitPath(linkName);
    using directory = this.#open(this.#below(parent));
    this.#make(() => makeLinkAt({ dirFd: directory.fd, name: base }, to));
  }

  #below(path: string): string {
    return [this.#top, path].filter((part) => part !== "").join("/");
  }

  /** Opens a directory as if the tree were all there is. */
  #open(path: string) {
    const fd = openInRoot(this.#root, path);
    return { fd, [Symbol.dispose]: () => closeSync(fd) };
  }

  /** The same of one that is made where it is missing. */
  #ensure(path: string) {
    try {
      return this.#open(path);
    } catch (cause) {
      if (!hasCode(cause, ["ENOENT"])) throw cause;
    }
    const { parent, base } = splitPath(path);
    using above: { fd: number } & Disposable = this.#ensure(parent);
    try {
      this.#make(() => makeDirectoryAt(above.fd, base, 0o755));
    } catch (cause) {
      // The container may have made it meanwhile.
      if (!hasCode(cause, ["EEXIST"])) throw cause;
    }
    return this.#open(path);
  }
}

/** Takes away what is in an entry's place. True: the directory that is there is the entry's. */
function makeRoom(
  { kind, name }: TarEntry,
  { dirFd, name: base }: Place,
  merge: UnpackPlace["merge"],
): boolean {
  const there = findStatAt(dirFd, base);
  if (there === undefined) return false;
  const isDirectory = isType(there, FILE_TYPE.DIRECTORY);
  if (isDirectory && kind === "directory") return true;
  if (merge?.keepsKinds && isDirectory !== (kind === "directory")) {
    const kinds = ["directory", "non-directory"];
    const [there, wanted] = isDirectory ? kinds : kinds.reverse();
    const message = `cannot overwrite ${there} ${shownName(name)} with ${wanted}`;
    throw new EngineError("invalid", message);
  }
  if (isDirectory && merge === undefined) {
    const message = `Cannot unpack ${shownName(name)}: a directory of that name is there`;
    throw new EngineError("invalid", message);
  }
  // From outside of its mount namespace the kernel would let it go, and the mount with it. unlink(2)
  if (there.isMountRoot) {
    throw new EngineError("conflict", "something is mounted there: device or resource busy");
  }
  removeTreeAt(dirFd, base);
  return false;
}

/** By what is there, not by its name, wherever a call would follow what may be a link by now. */
function finishOther(entry: TarEntry, place: Place): void {
  const { dirFd, name } = place;
  changeOwnerAt(dirFd, name, entry);
  if (entry.kind !== "symlink") changeMode(place, entry.mode);
  applyXattrs(place, entry.xattrs);
  if (entry.kind !== "directory") changeTimeAt(dirFd, name, toTimeSpec(entry.mtimeNs));
}

function changeMode({ dirFd, name }: Place, mode: number): void {
  const fd = openBeneath(dirFd, Buffer.from(`${name}\0`, "latin1"), {
    flags: OPEN.PATH | OPEN.NOFOLLOW,
    resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
  });
  try {
    chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}
