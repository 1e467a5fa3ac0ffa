import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { EngineError } from "../../base/errors.ts";
import { shownName, type TarEntry } from "../../base/tar/tar-entry.ts";
import type { TarSink } from "../../base/tar/tar-reader.ts";
import type { CopyTop } from "./place.ts";

interface OpenFile {
  readonly fd: number;
  readonly path: Buffer;
  readonly entry: TarEntry;
  end: number;
}

export interface LocalUnpackOptions {
  readonly keepsOwners: boolean;
  /** Takes pipes and devices, which this does not make; without it they are refused. */
  readonly onSpecial?: (path: Buffer, entry: TarEntry) => void;
}

/**
 * Writes an archive to local files. Programs in containers say what is in it, so nothing is written
 * through a symbolic link below the directory that was asked for, and nothing outside of it.
 */
export class LocalUnpacker implements TarSink {
  readonly #directory: Buffer;
  readonly #name: string;
  readonly #keepsOwners: boolean;
  readonly #onSpecial: LocalUnpackOptions["onSpecial"];
  readonly #directories: { readonly path: Buffer; readonly entry: TarEntry }[] = [];
  #file: OpenFile | undefined;

  /** The first part of all names is replaced by the top's own. */
  constructor({ directory, name }: CopyTop, { keepsOwners, onSpecial }: LocalUnpackOptions) {
    this.#directory = Buffer.from(directory === "" ? "." : directory);
    this.#name = Buffer.from(name).toString("latin1");
    this.#keepsOwners = keepsOwners;
    this.#onSpecial = onSpecial;
  }

  begin(entry: TarEntry): void {
    const path = this.#placeOf(entry.name);
    if (entry.kind === "directory") {
      ensureDirectory(path);
      this.#directories.push({ path, entry });
      return;
    }
    makeRoom(path);
    if (entry.kind === "file") {
      this.#file = { fd: openSync(path, "wx", 0o600), path, entry, end: 0 };
    } else if (entry.kind === "symlink") {
      symlinkSync(Buffer.from(entry.linkName, "latin1"), path);
    } else if (entry.kind === "link") {
      linkSync(this.#placeOf(entry.linkName), path);
    } else if (this.#onSpecial !== undefined) {
      this.#onSpecial(path, entry);
    } else {
      const message = `Cannot copy ${shownName(entry.name)}: it is a pipe or a device`;
      throw new EngineError("invalid", message);
    }
    if (entry.kind === "symlink") this.#chown(path, entry);
  }

  data(bytes: Uint8Array, offset: number): void {
    const file = this.#file;
    if (file === undefined) return;
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(file.fd, bytes, done, bytes.length - done, offset + done);
    }
    file.end = offset + bytes.length;
  }

  end(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    if (file.end < file.entry.size) ftruncateSync(file.fd, file.entry.size);
    closeSync(file.fd);
    this.#finish(file.path, file.entry);
  }

  /** To be called after the last entry: what is made in a directory changes its time. */
  finish(): void {
    for (const { path, entry } of this.#directories.reverse()) this.#finish(path, entry);
  }

  #finish(path: Buffer, entry: TarEntry): void {
    this.#chown(path, entry);
    chmodSync(path, entry.mode);
    const seconds = Number(entry.mtimeNs / 1_000_000n) / 1000;
    utimesSync(path, seconds, seconds);
  }

  #chown(path: Buffer, { uid, gid }: TarEntry): void {
    if (this.#keepsOwners) lchownSync(path, uid, gid);
  }

  /** The parts of the way are directories, and no links. */
  #placeOf(name: string): Buffer {
    const parts = partsOf(name);
    const named = this.#name === "." ? parts.slice(1) : [this.#name, ...parts.slice(1)];
    const last = named.pop();
    let path = this.#directory;
    for (const part of named) {
      path = join(path, part);
      ensureDirectory(path);
    }
    return last === undefined ? path : join(path, last);
  }
}

/** As its letters say; it begins with the top's name, be that a dot. */
function partsOf(name: string): readonly string[] {
  const [top = ".", ...rest] = name.split("/").filter((part) => part !== "");
  const parts: string[] = [];
  for (const part of rest) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return [top, ...parts];
}

function join(path: Buffer, name: string): Buffer {
  return Buffer.concat([path, Buffer.from(`/${name}`, "latin1")]);
}

function ensureDirectory(path: Buffer): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) mkdirSync(path, 0o755);
  else if (!there.isDirectory()) {
    throw new EngineError("invalid", `Cannot copy into "${path}": it is no directory`);
  }
}

function makeRoom(path: Buffer): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) {
    throw new EngineError("invalid", `Cannot replace "${path}": it is a directory`);
  }
  if (there !== undefined) rmSync(path);
}
