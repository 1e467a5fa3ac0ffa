import { closeSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { gather } from "../base/tar/gather.ts";
import { shownName, type TarEntry } from "../base/tar/tar-entry.ts";
import { type TarFile, writeTar } from "../base/tar/tar-writer.ts";
import { listAt } from "../linux/at.ts";
import { OPEN, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { findStatAt } from "../linux/statx.ts";
import { joinPath, splitPath } from "./entry-path.ts";
import { type IdShift, SAME_IDS } from "./id-shift.ts";
import { findFile, openIfThere, type Tree } from "./tree-file.ts";

/** How a tree is told in an archive. */
export interface ArchiveOptions {
  /** What all names begin with; undefined: the path's last part, or `.` for all of the directory. */
  readonly name?: string;
  /** How the ids on the disk are shifted. */
  readonly ids?: IdShift;
}

/**
 * An archive of what is at a path in a directory. Others may change it meanwhile: what they take away is left out,
 * and no link that they make is followed.
 */
export async function* archiveTree(
  directory: string,
  path: string,
  options: ArchiveOptions = {},
): AsyncGenerator<Uint8Array> {
  const root = openDirectory(directory);
  try {
    yield* gather(writeTar(listFiles(root, path, options)));
  } finally {
    closeSync(root);
  }
}

/** Throws where nothing is at a path in a directory. */
export function checkTreePath(directory: string, path: string): void {
  const { parent, base } = splitPath(path);
  const root = openDirectory(directory);
  try {
    const parentFd = findDirectory(root, parent);
    if (parentFd !== undefined) {
      const status = findStatAt(parentFd, base || ".");
      closeSync(parentFd);
      if (status !== undefined) return;
    }
    throw new EngineError("not-found", `no such file or directory: ${shownName(path)}`);
  } finally {
    closeSync(root);
  }
}

/** The same of all that is in a directory, without itself; names begin in it. */
export async function* archiveContents(
  directory: string,
  options: Pick<ArchiveOptions, "ids">,
): AsyncGenerator<Uint8Array> {
  const root = openDirectory(directory);
  try {
    const top = listDirectory(root, "").map((base) => ({ parent: "", base, shown: base }));
    yield* gather(writeTar(walk(root, top, options.ids ?? SAME_IDS)));
  } finally {
    closeSync(root);
  }
}

/** An archive of single files of a tree, by their paths. Entries without content may stand among them. */
export async function* archiveFiles(
  directory: string,
  entries: Iterable<string | TarEntry>,
  ids: IdShift,
): AsyncGenerator<Uint8Array> {
  const root = openDirectory(directory);
  try {
    yield* gather(writeTar(pickFiles(root, entries, { links: new Map(), ids })));
  } finally {
    closeSync(root);
  }
}

function* pickFiles(
  root: number,
  entries: Iterable<string | TarEntry>,
  tree: Tree,
): Generator<TarFile> {
  for (const entry of entries) {
    if (typeof entry !== "string") {
      yield { entry };
      continue;
    }
    const { parent, base } = splitPath(entry);
    const fd = findDirectory(root, parent);
    if (fd === undefined) continue;
    try {
      const file = findFile({ dirFd: fd, name: base }, entry, tree);
      if (file !== undefined) yield file;
    } finally {
      closeSync(fd);
    }
  }
}

function* listFiles(root: number, path: string, options: ArchiveOptions): Generator<TarFile> {
  const { parent, base } = splitPath(path);
  const shown = options.name ?? (base || ".");
  yield* walk(root, [{ parent, base, shown }], options.ids ?? SAME_IDS);
}

interface Waiting {
  readonly parent: string;
  readonly base: string;
  readonly shown: string;
}

/** What is found first is told first, without a level of calls for each level of directories. */
function* walk(root: number, first: Waiting[], ids: IdShift): Generator<TarFile> {
  const tree = { links: new Map<string, string>(), ids };
  const waiting: Waiting[] = [];
  pushAll(waiting, first);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { shown } = next;
    const fd = findDirectory(root, next.parent);
    if (fd === undefined) continue;
    try {
      const place = { dirFd: fd, name: next.base || "." };
      const file = findFile(place, shown, tree);
      if (file === undefined) continue;
      yield file;
      if (file.entry.kind !== "directory") continue;
      const inside = joinPath(next);
      pushAll(
        waiting,
        listDirectory(root, inside).map((name) => below(inside, name, shown)),
      );
    } finally {
      closeSync(fd);
    }
  }
}

function below(parent: string, name: string, shown: string): Waiting {
  return { parent, base: name, shown: `${shown}/${name}` };
}

/** So that they are taken in the order of their names; a directory can have more than a call has arguments. */
function pushAll(waiting: Waiting[], found: Waiting[]): void {
  found.sort((one, other) => (one.base > other.base ? -1 : 1));
  for (const each of found) waiting.push(each);
}

function listDirectory(root: number, path: string): readonly string[] {
  const fd = findDirectory(root, path, OPEN.RDONLY);
  if (fd === undefined) return [];
  try {
    return listAt(fd);
  } finally {
    closeSync(fd);
  }
}

function findDirectory(root: number, path: string, flags: number = OPEN.PATH): number | undefined {
  return openIfThere(root, Buffer.from(`${path || "."}\0`, "latin1"), {
    flags: flags | OPEN.DIRECTORY | OPEN.NOFOLLOW,
    resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
  });
}
