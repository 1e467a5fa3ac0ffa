import { closeSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { TarEntry } from "../base/tar/tar-entry.ts";
import type { TarSink } from "../base/tar/tar-reader.ts";
import { changeTimeAt, makeLinkAt, type TimeSpec } from "../linux/at.ts";
import { openDirectory } from "../linux/beneath.ts";
import { FILE_TYPE, findStatAt, isType } from "../linux/statx.ts";
import type { Place } from "./attributes.ts";
import { hasCode } from "./disk-error.ts";
import { type EntryFile, endContent, writeContent } from "./entry-file.ts";
import { type EntryPath, joinPath, readEntryName, splitPath } from "./entry-path.ts";
import { explainEntry } from "./explain-entry.ts";
import { FreshAttributes } from "./fresh-attributes.ts";
import { markImplied } from "./implied-mark.ts";
import { inheritDirectories } from "./inherit.ts";
import { createFile, finishEntry, makeSpecial, toTimeSpec } from "./make-entry.ts";
import { isWhiteout, makeWhiteout, markOpaque, ParentDirectories } from "./parent-directories.ts";
import { PathNotes } from "./path-notes.ts";
import { removeTreeAt } from "./remove-tree.ts";

/** What is known of a layer when it is unpacked. */
export interface UnpackedLayer {
  /** The sum of its files' sizes. */
  readonly sizeBytes: number;
  readonly maxUid: number;
  readonly maxGid: number;
  /** Its archive can be made again from its files. */
  readonly isRebuildable: boolean;
}

/** Takes notes of where an archive's bytes went. */
export interface ArchiveNotes {
  /** Bytes that are in no file. */
  bytes(bytes: Uint8Array): void;
  /** Bytes that are this part of a file. */
  content(path: string, offset: number, length: number): void;
}

/** Where an entry goes, and what was there. */
interface Spot {
  readonly place: Place;
  readonly wasWhiteout: boolean;
  /** The directory that is there stays. */
  readonly isThere: boolean;
}

/** The file whose content is being written. */
interface OpenFile extends EntryFile {
  readonly place: Place;
  readonly path: string;
}

/**
 * Unpacks a layer's archive into an empty directory, in the form that overlay file systems read. The
 * archive may be hostile: nothing outside of the directory is read, made, changed or removed.
 */
export class LayerUnpacker implements TarSink, Disposable {
  readonly #directory: string;
  readonly #rootFd: number;
  readonly #parents: ParentDirectories;
  readonly #fresh: FreshAttributes;
  readonly #notes: ArchiveNotes | undefined;
  readonly #directoryTimes: PathNotes;
  readonly #implied: PathNotes;
  #file: OpenFile | undefined;
  #hasRoot = false;
  #isRebuildable = true;
  #sizeBytes = 0;
  #maxUid = 0;
  #maxGid = 0;

  constructor(directory: string, notes?: ArchiveNotes) {
    this.#directory = directory;
    this.#notes = notes;
    this.#rootFd = openDirectory(directory);
    this.#directoryTimes = new PathNotes(`${directory}.times`);
    this.#implied = new PathNotes(`${directory}.implied`);
    this.#fresh = new FreshAttributes(this.#rootFd);
    this.#parents = new ParentDirectories(this.#rootFd, (path) => this.#implied.add({ path }));
  }

  begin(entry: TarEntry): void {
    try {
      this.#begin(entry);
    } catch (cause) {
      throw explainEntry(cause, entry);
    }
  }

  data(bytes: Uint8Array, offset: number): void {
    const file = this.#file;
    if (file === undefined) {
      this.#notes?.bytes(bytes);
      return;
    }
    this.#notes?.content(file.path, offset, bytes.length);
    writeContent(file, bytes, offset);
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      endContent(file);
      finishEntry(file.entry, { ...file.place, fd: file.fd, fresh: this.#fresh });
    } catch (cause) {
      throw explainEntry(cause, file.entry);
    } finally {
      closeSync(file.fd);
    }
  }

  other(bytes: Uint8Array): void {
    this.#notes?.bytes(bytes);
  }

  /** To be called after the last entry. */
  finish(): UnpackedLayer {
    if (!this.#hasRoot) {
      markImplied({ dirFd: this.#rootFd, name: "." });
      this.#implied.add({ path: "" });
    }
    // Last, because everything that is made in a directory changes its time.
    for (const { path, time } of this.#directoryTimes.read()) this.#setDirectoryTime(path, time);
    return {
      sizeBytes: this.#sizeBytes,
      maxUid: this.#maxUid,
      maxGid: this.#maxGid,
      isRebuildable: this.#isRebuildable,
    };
  }

  /** To be called after finish(), when the layers below, topmost first, are whole. */
  inherit(lowers: readonly string[]): void {
    inheritDirectories(this.#directory, this.#implied.read(), lowers);
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    for (const part of [this.#parents, this.#directoryTimes, this.#implied]) part[Symbol.dispose]();
    closeSync(this.#rootFd);
  }

  #begin(entry: TarEntry): void {
    const meaning = readEntryName(entry.name);
    switch (meaning.kind) {
      case "ignored":
        return;
      case "opaque":
        markOpaque(this.#parents.ensure(meaning.directory), "");
        return;
      case "whiteout":
        this.#whiteOut(meaning.path);
        return;
      case "content":
        this.#make(entry, meaning.path);
    }
  }

  /** A whiteout is about the layers below: what this layer has of that name stays. */
  #whiteOut({ parent, base }: EntryPath): void {
    const dirFd = this.#parents.ensure(parent);
    const there = findStatAt(dirFd, base);
    if (there === undefined) {
      makeWhiteout(dirFd, base);
    } else if (isType(there, FILE_TYPE.DIRECTORY)) {
      markOpaque(dirFd, base);
    }
  }

  #make(entry: TarEntry, path: EntryPath): void {
    this.#maxUid = Math.max(this.#maxUid, entry.uid);
    this.#maxGid = Math.max(this.#maxGid, entry.gid);
    this.#sizeBytes += entry.size;
    if (path.base === "") {
      this.#makeRoot(entry);
      return;
    }
    // A link to itself is there already; it must not be removed to be made.
    if (entry.kind === "link" && joinPath(splitPath(entry.linkName)) === joinPath(path)) return;

    const { place, wasWhiteout, isThere } = this.#create(entry, path);
    if (entry.kind === "file" || entry.kind === "link") return;
    if (entry.kind === "directory") {
      // A whiteout and then a directory of the same name: nothing of what was below is in it.
      if (wasWhiteout) markOpaque(place.dirFd, place.name);
      this.#noteDirectory(joinPath(path), entry);
    }
    finishEntry(entry, { ...place, fresh: isThere ? undefined : this.#fresh });
  }

  /** Looks at what is in the entry's place only where something is: almost always there is nothing. */
  #create(entry: TarEntry, path: EntryPath): Spot {
    const place = { dirFd: this.#parents.ensure(path.parent), name: path.base };
    try {
      this.#createAt(entry, place, path);
      return { place, wasWhiteout: false, isThere: false };
    } catch (cause) {
      if (!hasCode(cause, ["EEXIST"])) throw cause;
    }
    const spot = this.#makeRoom(entry, path);
    if (!spot.isThere) this.#createAt(entry, spot.place, path);
    return spot;
  }

  #createAt(entry: TarEntry, place: Place, path: EntryPath): void {
    if (entry.kind === "file") {
      const fd = createFile(entry, place, this.#fresh);
      this.#file = { fd, entry, place, path: joinPath(path), end: 0 };
    } else if (entry.kind === "link") {
      this.#makeLink(entry.linkName, place);
    } else {
      makeSpecial(entry, place, this.#fresh.hasMode(entry) ? entry.mode : 0o700);
    }
  }

  #makeRoot(entry: TarEntry): void {
    if (entry.kind !== "directory") {
      throw new EngineError("invalid", `the archive's root is a ${entry.kind}`);
    }
    this.#hasRoot = true;
    this.#noteDirectory("", entry);
    finishEntry(entry, { dirFd: this.#rootFd, name: "." });
  }

  /** Takes away what is in the entry's place; but a directory that is to be one stays. */
  #makeRoom(entry: TarEntry, { parent, base }: EntryPath): Spot {
    const place = { dirFd: this.#parents.ensure(parent), name: base };
    const there = findStatAt(place.dirFd, base);
    if (there === undefined) return { place, wasWhiteout: false, isThere: false };
    const isDirectory = isType(there, FILE_TYPE.DIRECTORY);
    if (isDirectory && entry.kind === "directory") {
      return { place, wasWhiteout: false, isThere: true };
    }
    removeTreeAt(place.dirFd, base);
    // What went may have been content, or the way to it.
    if (!isWhiteout(there)) this.#isRebuildable = false;
    if (isDirectory || isType(there, FILE_TYPE.SYMLINK)) this.#parents.forget();
    return {
      place: { dirFd: this.#parents.ensure(parent), name: base },
      wasWhiteout: isWhiteout(there),
      isThere: false,
    };
  }

  #noteDirectory(path: string, entry: TarEntry): void {
    this.#fresh.noteDirectory(entry);
    this.#directoryTimes.add({ path, time: toTimeSpec(entry.mtimeNs) });
  }

  #makeLink(linkName: string, to: Place): void {
    const { parent, base } = splitPath(linkName);
    makeLinkAt({ dirFd: this.#parents.get(parent), name: base }, to);
  }

  #setDirectoryTime(path: string, time: TimeSpec): void {
    const { parent, base } = splitPath(path);
    try {
      const dirFd = this.#parents.get(parent);
      const there = findStatAt(dirFd, base === "" ? "." : base);
      const isDirectory = there !== undefined && isType(there, FILE_TYPE.DIRECTORY);
      if (isDirectory) changeTimeAt(dirFd, base === "" ? "." : base, time);
    } catch (cause) {
      // A later entry put something else in its place.
      if (!hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP"])) throw cause;
    }
  }
}
