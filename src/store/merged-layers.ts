// An image's layers read as one tree, without a mount: what an overlay would show, for where the
// kernel makes none. overlayfs.rst, "merging" and "whiteouts and opaque directories"

import { closeSync } from "node:fs";
import { listAt } from "../linux/at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "../linux/beneath.ts";
import { FILE_TYPE, type FileStatus, findStatAt, isType, statAt } from "../linux/statx.ts";
import type { Place } from "./attributes.ts";
import { isOpaque, isWhiteout } from "./parent-directories.ts";

/** A directory of the merged tree, and the layers that have a part in it. */
export interface MergedDirectory {
  /** From the top of the tree; empty for the top itself. Bytes as latin1, as all names here. */
  readonly path: string;
  /** Places in the list of layers, topmost first. */
  readonly layers: readonly number[];
}

/** Something in a directory of the merged tree. It is open only while it is looked at. */
export interface MergedEntry extends Place {
  readonly path: string;
  readonly status: FileStatus;
  /** The same as a directory to go on from; undefined for all else. */
  readonly directory: MergedDirectory | undefined;
}

/** The merged tree of layers. */
export class MergedLayers implements Disposable {
  readonly #roots: readonly number[];

  /** `layers` are directories, topmost first; there is at least one. */
  constructor(layers: readonly string[]) {
    this.#roots = layers.map(openDirectory);
  }

  get top(): MergedDirectory {
    return { path: "", layers: this.#partsOf("", [...this.#roots.keys()]) };
  }

  /** What is in a directory; its entries are open until the next one is asked for. */
  *list({ path, layers }: MergedDirectory): Generator<MergedEntry> {
    const seen = new Set<string>();
    for (const [index, layer] of layers.entries()) {
      const dirFd = this.#open(layer, path);
      try {
        for (const name of listAt(dirFd).filter((each) => !seen.has(each))) {
          seen.add(name);
          const status = statAt(dirFd, name);
          const full = path === "" ? name : `${path}/${name}`;
          const directory = this.#enter(full, status, layers.slice(index));
          if (!isWhiteout(status)) yield { dirFd, name, path: full, status, directory };
        }
      } finally {
        closeSync(dirFd);
      }
    }
  }

  /** What is at a name in a directory, with its place in its layer; undefined where nothing is. */
  look({ path, layers }: MergedDirectory, name: string): MergedEntry | undefined {
    const full = path === "" ? name : `${path}/${name}`;
    for (const [index, layer] of layers.entries()) {
      const dirFd = this.#rootOf(layer);
      const status = findStatAt(dirFd, full);
      if (status === undefined) continue;
      if (isWhiteout(status)) return undefined;
      const directory = this.#enter(full, status, layers.slice(index));
      return { dirFd, name: full, path: full, status, directory };
    }
    return undefined;
  }

  /** What is at a path from the top; undefined where nothing is. */
  find(path: string): FileStatus | undefined {
    const parts = path.split("/");
    const parent = parts.slice(0, -1).reduce((directory, name): MergedDirectory => {
      const below = directory.path === "" ? name : `${directory.path}/${name}`;
      return { path: below, layers: this.#partsOf(below, directory.layers) };
    }, this.top);
    for (const layer of parent.layers) {
      const status = findStatAt(this.#rootOf(layer), path);
      if (status !== undefined) return isWhiteout(status) ? undefined : status;
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    for (const root of this.#roots) closeSync(root);
  }

  #enter(path: string, status: FileStatus, layers: readonly number[]) {
    if (!isType(status, FILE_TYPE.DIRECTORY)) return undefined;
    return { path, layers: this.#partsOf(path, layers) };
  }

  /** Of the layers that have a part in the directory above, those that have one in this. */
  #partsOf(path: string, layers: readonly number[]): readonly number[] {
    const parts: number[] = [];
    for (const layer of layers) {
      const kind = this.#kindAt(layer, path);
      if (kind === "other") break;
      if (kind !== "none") parts.push(layer);
      if (kind === "opaque") break;
    }
    return parts;
  }

  #kindAt(layer: number, path: string): "none" | "directory" | "opaque" | "other" {
    const root = this.#rootOf(layer);
    const name = path === "" ? "." : path;
    const status = findStatAt(root, name);
    if (status === undefined) return "none";
    if (!isType(status, FILE_TYPE.DIRECTORY)) return "other";
    return isOpaque(root, name) ? "opaque" : "directory";
  }

  #open(layer: number, path: string): number {
    return openBeneath(this.#rootOf(layer), Buffer.from(`./${path}\0`, "latin1"), {
      flags: OPEN.RDONLY | OPEN.DIRECTORY | OPEN.NOFOLLOW,
      resolve: RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS,
    });
  }

  #rootOf(layer: number): number {
    const root = this.#roots[layer];
    if (root === undefined) throw new RangeError(`There is no layer ${layer}`);
    return root;
  }
}

/** Whether a copy is still what it was copied from, as far as can be told without reading it. */
export function isSameFile(original: FileStatus | undefined, copy: FileStatus): boolean {
  if (original === undefined || !isType(original, FILE_TYPE.FILE)) return false;
  const [was, is] = [original.modified, copy.modified];
  const isUnchanged = was.seconds === is.seconds && was.nanoseconds === is.nanoseconds;
  return isUnchanged && original.size === copy.size;
}
