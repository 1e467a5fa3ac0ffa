import { closeSync } from "node:fs";
import { Slices } from "../base/slices.ts";
import { listAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType } from "../linux/statx.ts";
import { findXattrAt } from "../linux/xattr.ts";
import type { Place } from "./attributes.ts";
import { hasCode } from "./disk-error.ts";
import { type IdShift, toInnerId, toInnerXattr } from "./id-shift.ts";
import { type MergedDirectory, type MergedEntry, MergedLayers } from "./merged-layers.ts";
import { isOpaque, isWhiteout } from "./parent-directories.ts";

/** Something that a container has made another than its image has it. */
export interface TreeChange {
  readonly kind: "modified" | "added" | "deleted";
  /** From the top, without a slash before it; bytes as latin1. */
  readonly path: string;
}

/** A container's own files, and what they lie over or were copied from. */
export interface ChangedTree {
  readonly upper: string;
  /** The image's layers, topmost first. */
  readonly layers: readonly string[];
  /** All of the image is in `upper` too: what is missing there was deleted. */
  readonly isCopy: boolean;
  readonly ids: IdShift;
}

/** What the engine puts beneath every container. */
const SKELETON: ReadonlySet<string> = new Set([
  ...["dev", "etc", "proc", "sys"],
  ...[".dockerenv", "etc/hostname", "etc/hosts", "etc/resolv.conf"],
]);

/**
 * Compares as Docker does, in the order of the paths: by mode, owner, size and time, but not by a
 * directory's time. A directory in which something has changed is one that was modified.
 */
export async function listTreeChanges(tree: ChangedTree): Promise<readonly TreeChange[]> {
  using comparison = new Comparison(tree);
  return await comparison.compareAll();
}

/** A directory of the container's, and what the image has there. */
interface ComparedDirectory {
  readonly path: string;
  readonly lower: MergedDirectory | undefined;
  /** What is missing of the image's was deleted. */
  readonly isWhole: boolean;
}

class Comparison implements Disposable {
  readonly #tree: ChangedTree;
  readonly #root: number;
  readonly #merged: MergedLayers;
  readonly #slices = new Slices();
  readonly #found: TreeChange[] = [];

  constructor(tree: ChangedTree) {
    this.#tree = tree;
    this.#root = openDirectory(tree.upper);
    this.#merged = new MergedLayers(tree.layers);
  }

  async compareAll(): Promise<readonly TreeChange[]> {
    const isWhole = this.#tree.isCopy;
    await this.#compareInside({ path: "", lower: this.#merged.top, isWhole });
    return this.#found;
  }

  [Symbol.dispose](): void {
    this.#merged[Symbol.dispose]();
    closeSync(this.#root);
  }

  async #compareInside(directory: ComparedDirectory): Promise<void> {
    const fd = this.#open(directory.path);
    if (fd === undefined) return;
    try {
      const isWhole = directory.isWhole || isOpaque(fd, "");
      const names = listAt(fd);
      const missing = isWhole ? this.#missingOf(directory.lower, new Set(names)) : [];
      for (const name of [...names, ...missing].sort()) {
        await this.#slices.pause();
        await this.#compareOne({ dirFd: fd, name }, { ...directory, isWhole });
      }
    } finally {
      closeSync(fd);
    }
  }

  async #compareOne(place: Place, { path: above, lower, isWhole }: ComparedDirectory) {
    const path = above === "" ? place.name : `${above}/${place.name}`;
    const before = lower === undefined ? undefined : this.#merged.look(lower, place.name);
    const status = findStatAt(place.dirFd, place.name);
    if (status === undefined || isWhiteout(status)) {
      if (before !== undefined) this.#found.push({ kind: "deleted", path });
      return;
    }
    const kind = this.#kindOf({ ...place, status }, before, path);
    const at = this.#found.length;
    if (kind !== undefined) this.#found.push({ kind, path });
    if (!isType(status, FILE_TYPE.DIRECTORY)) return;
    await this.#compareInside({ path, lower: before?.directory, isWhole });
    const hasChanges = this.#found.length > at;
    if (kind === undefined && hasChanges) this.#found.splice(at, 0, { kind: "modified", path });
  }

  #kindOf(
    now: Place & { readonly status: FileStatus },
    before: MergedEntry | undefined,
    path: string,
  ): TreeChange["kind"] | undefined {
    if (before === undefined) return isSkeleton(path, now.status) ? undefined : "added";
    const { ids } = this.#tree;
    return isSameStatus(ids, before.status, now.status) && hasSameCapability(ids, before, now)
      ? undefined
      : "modified";
  }

  #missingOf(lower: MergedDirectory | undefined, names: ReadonlySet<string>): readonly string[] {
    if (lower === undefined) return [];
    return [...this.#merged.list(lower)].flatMap(({ path }) => {
      const name = path.slice(path.lastIndexOf("/") + 1);
      return names.has(name) ? [] : [name];
    });
  }

  /** A container that runs may take it away; and what is too deep for a path is nobody's but a trap. */
  #open(path: string): number | undefined {
    try {
      return openBeneath(this.#root, Buffer.from(`${path || "."}\0`, "latin1"), {
        flags: OPEN.RDONLY | OPEN.DIRECTORY | OPEN.NOFOLLOW,
        resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
      });
    } catch (cause) {
      if (hasCode(cause, ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"])) return undefined;
      throw cause;
    }
  }
}

/** Untouched, as far as can be seen. */
function isSkeleton(path: string, status: FileStatus): boolean {
  return SKELETON.has(path) && (isType(status, FILE_TYPE.DIRECTORY) || status.size === 0);
}

function isSameStatus(ids: IdShift, before: FileStatus, now: FileStatus): boolean {
  return (
    before.mode === now.mode &&
    before.uid === toInnerId(ids, now.uid) &&
    before.gid === toInnerId(ids, now.gid) &&
    before.device.major === now.device.major &&
    before.device.minor === now.device.minor &&
    (isType(now, FILE_TYPE.DIRECTORY) || (before.size === now.size && isSameTime(before, now)))
  );
}

function isSameTime({ modified: before }: FileStatus, { modified: now }: FileStatus): boolean {
  return before.seconds === now.seconds && before.nanoseconds === now.nanoseconds;
}

const CAPABILITY = "security.capability";

function hasSameCapability(ids: IdShift, before: MergedEntry, now: Place): boolean {
  if (!isType(before.status, FILE_TYPE.FILE)) return true;
  const old = findXattrAt(before.dirFd, before.name, CAPABILITY);
  const own = findXattrAt(now.dirFd, now.name, CAPABILITY);
  if (old === undefined || own === undefined) return old === own;
  return Buffer.compare(old, toInnerXattr(ids, CAPABILITY, own)) === 0;
}
