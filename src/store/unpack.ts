import { closeSync, ftruncateSync, writeSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import {
  changeModeAt,
  changeOwnerAt,
  changeTimeAt,
  makeDirectoryAt,
  makeLinkAt,
  makeNodeAt,
  makeSymlinkAt,
  type TimeSpec,
} from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, findStatAt, isType } from "../linux/statx.ts";
import { applyXattrs, type Place } from "./attributes.ts";
import { explainDisk, hasCode } from "./disk-error.ts";
import { type EntryPath, joinPath, readEntryName, splitPath } from "./entry-path.ts";
import { isWhiteout, markOpaque, ParentDirectories } from "./parent-directories.ts";
import { removeTreeAt } from "./remove-tree.ts";
import { shownName, type TarEntry } from "./tar-entry.ts";
import type { TarSink } from "./tar-reader.ts";

/** What is known of a layer when it is unpacked. */
export interface UnpackedLayer {
  /** The sum of its files' sizes. */
  readonly sizeBytes: number;
  readonly maxUid: number;
  readonly maxGid: number;
}

/** The file whose content is being written. */
interface OpenFile {
  readonly fd: number;
  readonly entry: TarEntry;
  readonly place: Place;
  end: number;
}

/**
 * Unpacks a layer's archive into an empty directory, in the form that overlay file systems read. The
 * archive may be hostile: nothing outside of the directory is read, made, changed or removed.
 */
export class LayerUnpacker implements TarSink, Disposable {
  readonly #rootFd: number;
  readonly #parents: ParentDirectories;
  readonly #directoryTimes = new Map<string, TimeSpec>();
  #file: OpenFile | undefined;
  #hasRoot = false;
  #sizeBytes = 0;
  #maxUid = 0;
  #maxGid = 0;

  /** `lowers` are the directories of the layers below, topmost first. */
  constructor(directory: string, lowers: readonly string[]) {
    this.#rootFd = openDirectory(directory);
    this.#parents = new ParentDirectories(this.#rootFd, lowers);
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
    if (file === undefined) return;
    try {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done);
      }
    } catch (cause) {
      throw explainEntry(cause, file.entry);
    }
    file.end = offset + bytes.length;
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    try {
      if (file.end < file.entry.size) ftruncateSync(file.fd, file.entry.size);
      finishEntry(file.entry, file.place);
    } catch (cause) {
      throw explainEntry(cause, file.entry);
    } finally {
      closeSync(file.fd);
    }
  }

  /** To be called after the last entry. */
  finish(): UnpackedLayer {
    if (!this.#hasRoot) this.#parents.inherit("", { dirFd: this.#rootFd, name: "." });
    // Last, because everything that is made in a directory changes its time.
    for (const [path, time] of this.#directoryTimes) this.#setDirectoryTime(path, time);
    return { sizeBytes: this.#sizeBytes, maxUid: this.#maxUid, maxGid: this.#maxGid };
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file.fd);
    this.#parents[Symbol.dispose]();
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
      const mode = FILE_TYPE.CHARACTER;
      makeNodeAt(dirFd, base, { mode, device: { major: 0, minor: 0 } });
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

    const { place, wasWhiteout, isThere } = this.#makeRoom(entry, path);
    switch (entry.kind) {
      case "directory":
        if (!isThere) makeDirectoryAt(place.dirFd, place.name, 0o700);
        // A whiteout and then a directory of the same name: nothing of what was below is in it.
        if (wasWhiteout) markOpaque(place.dirFd, place.name);
        this.#directoryTimes.set(joinPath(path), toTimeSpec(entry.mtimeNs));
        break;
      case "file":
        this.#file = { fd: createFile(place), entry, place, end: 0 };
        return;
      case "link":
        this.#makeLink(entry.linkName, place);
        return;
      default:
        makeSpecial(entry, place);
    }
    finishEntry(entry, place);
  }

  #makeRoot(entry: TarEntry): void {
    if (entry.kind !== "directory") {
      throw new EngineError("invalid", `the archive's root is a ${entry.kind}`);
    }
    this.#hasRoot = true;
    this.#directoryTimes.set("", toTimeSpec(entry.mtimeNs));
    finishEntry(entry, { dirFd: this.#rootFd, name: "." });
  }

  /** Takes away what is in the entry's place; but a directory that is to be one stays. */
  #makeRoom(entry: TarEntry, { parent, base }: EntryPath) {
    const place = { dirFd: this.#parents.ensure(parent), name: base };
    const there = findStatAt(place.dirFd, base);
    if (there === undefined) return { place, wasWhiteout: false, isThere: false };
    const isDirectory = isType(there, FILE_TYPE.DIRECTORY);
    if (isDirectory && entry.kind === "directory") {
      return { place, wasWhiteout: false, isThere: true };
    }
    removeTreeAt(place.dirFd, base);
    if (isDirectory || isType(there, FILE_TYPE.SYMLINK)) this.#parents.forget();
    return {
      place: { dirFd: this.#parents.ensure(parent), name: base },
      wasWhiteout: isWhiteout(there),
      isThere: false,
    };
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

/** Nothing is there, so nothing is followed or shared. */
function createFile({ dirFd, name }: Place): number {
  return openBeneath(dirFd, Buffer.from(`${name}\0`, "latin1"), {
    flags: OPEN.WRONLY | OPEN.CREAT | OPEN.EXCL | OPEN.NOFOLLOW,
    mode: 0o600,
    resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
  });
}

function makeSpecial(entry: TarEntry, { dirFd, name }: Place): void {
  switch (entry.kind) {
    case "symlink":
      makeSymlinkAt(dirFd, name, entry.linkName);
      return;
    case "fifo":
      makeNodeAt(dirFd, name, { mode: FILE_TYPE.FIFO, device: entry.device });
      return;
    case "block":
      makeNodeAt(dirFd, name, { mode: FILE_TYPE.BLOCK, device: entry.device });
      return;
    default:
      makeNodeAt(dirFd, name, { mode: FILE_TYPE.CHARACTER, device: entry.device });
  }
}

/** Owner, mode, attributes and time, in the order in which none undoes another. */
function finishEntry(entry: TarEntry, place: Place): void {
  const { dirFd, name } = place;
  changeOwnerAt(dirFd, name, entry);
  if (entry.kind !== "symlink") changeModeAt(dirFd, name, entry.mode);
  applyXattrs(place, entry.xattrs);
  if (entry.kind !== "directory") changeTimeAt(dirFd, name, toTimeSpec(entry.mtimeNs));
}

function toTimeSpec(timeNs: bigint): TimeSpec {
  const rest = timeNs % 1_000_000_000n;
  const nanoseconds = rest < 0n ? rest + 1_000_000_000n : rest;
  return { seconds: (timeNs - nanoseconds) / 1_000_000_000n, nanoseconds: Number(nanoseconds) };
}

/** What the archive itself brings about. Everything else is the host's fault. */
const FAULTS_OF_THE_ARCHIVE = [
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "ELOOP",
  "EXDEV",
  "ENAMETOOLONG",
  "EFBIG",
  "EINVAL",
  "EMLINK",
];

function explainEntry(cause: unknown, entry: TarEntry): EngineError {
  const action = `Cannot unpack ${shownName(entry.name)}`;
  const known = explainDisk(cause, action);
  // A directory cannot have a second name.
  const isDirectoryLink = entry.kind === "link" && hasCode(cause, ["EPERM"]);
  if (!isDirectoryLink && !hasCode(cause, FAULTS_OF_THE_ARCHIVE)) return known;
  const target = entry.linkName === "" ? "" : ` (a ${entry.kind} to ${shownName(entry.linkName)})`;
  return new EngineError("invalid", `${known.message}${target}`, { cause });
}
