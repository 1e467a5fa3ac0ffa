import { closeSync } from "node:fs";
import { listAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType, statAt } from "../linux/statx.ts";
import { hasCode } from "./disk-error.ts";
import { isSameFile, MergedLayers } from "./merged-layers.ts";

/** What a tree takes. A file that has several names counts once. */
export interface TreeSize {
  /** The lengths of its regular files: what Docker calls a size. */
  readonly fileBytes: number;
  /** The room that it takes on the disk with its directories and all else: what `du` says. */
  readonly diskBytes: number;
}

/** Whether a file's length counts; its path is from the directory that is measured. */
type Counts = (path: string, status: FileStatus) => boolean;

/**
 * Measures what is below a directory. Of a copy of layers (topmost first) only the lengths of what
 * differs from them count. It waits for the disk: not for a thread that serves.
 */
export function measureTree(directory: string, copiedFrom: readonly string[] = []): TreeSize {
  const root = openDirectory(directory);
  try {
    if (copiedFrom.length === 0) return measureFrom(root, () => true);
    using merged = new MergedLayers(copiedFrom);
    return measureFrom(root, (path, status) => !isSameFile(merged.find(path), status));
  } finally {
    closeSync(root);
  }
}

function measureFrom(root: number, counts: Counts): TreeSize {
  const isNew = onceEach();
  let fileBytes = 0;
  let { diskBytes } = statAt(root, "");
  for (const { path, status } of listBelow(root)) {
    if (!isNew(status)) continue;
    diskBytes += status.diskBytes;
    if (isType(status, FILE_TYPE.FILE) && counts(path, status)) fileBytes += status.size;
  }
  return { fileBytes, diskBytes };
}

/** Says of a file with several names only once that it is new. */
function onceEach(): (status: FileStatus) => boolean {
  const seen = new Set<bigint>();
  return (status) => {
    if (status.links === 1 || isType(status, FILE_TYPE.DIRECTORY)) return true;
    const isNew = !seen.has(status.inode);
    seen.add(status.inode);
    return isNew;
  };
}

/** All that is below, with paths from the top. */
function* listBelow(root: number) {
  const waiting = ["."];
  for (let above = waiting.pop(); above !== undefined; above = waiting.pop()) {
    for (const { name, status } of listThere(root, above)) {
      const full = `${above}/${name}`;
      if (isType(status, FILE_TYPE.DIRECTORY)) waiting.push(full);
      yield { path: full.slice("./".length), status };
    }
  }
}

/** What is in one directory. A running container may change it meanwhile, so names may be gone. */
function* listThere(root: number, path: string) {
  const fd = openWhatIsThere(root, path);
  if (fd === undefined) return;
  try {
    for (const name of listAt(fd)) {
      const status = findStatAt(fd, name);
      if (status !== undefined) yield { name, status };
    }
  } finally {
    closeSync(fd);
  }
}

/** Also what is too deep for a path is left out: it is no image's or user's, but a trap. */
function openWhatIsThere(root: number, path: string): number | undefined {
  try {
    return openBeneath(root, Buffer.from(`${path}\0`, "latin1"), {
      flags: OPEN.RDONLY | OPEN.DIRECTORY | OPEN.NOFOLLOW,
      resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS | RESOLVE.NO_XDEV,
    });
  } catch (cause) {
    // EXDEV: what is mounted there takes its room elsewhere.
    if (hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EXDEV"])) return undefined;
    throw cause;
  }
}
