// Image layers as a container's user namespace sees them. A mapped copy of a mount costs some
// microseconds to make and a millisecond to give up, so one copy of the directory that all layers
// are in serves every layer, and every container with the same range of ids.

import { relative } from "node:path";
import { EngineError } from "../base/errors.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { Descriptor, openFile } from "../linux/fd.ts";
import { changeMount, cloneTree } from "../linux/mount.ts";
import { SysError } from "../linux/syscall.ts";
import type { IdMapping } from "../oci/runtime-spec.ts";

/** Through what a container's files are seen. */
export interface IdView {
  /** The container's user namespace. */
  readonly namespace: Descriptor;
  /** What it maps. */
  readonly mappings: readonly IdMapping[];
}

// One for each container that runs at a time, as far as that is likely.
const MAX_COPIES = 128;

/** The layers below one directory, and its mapped copies. */
export class LayerTrees {
  readonly #root: string;
  readonly #copies = new Map<string, Descriptor>();

  /** All layers must be below `root`. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Opens layers by their paths; the descriptors are the caller's. */
  open(paths: readonly string[], view: IdView | undefined): readonly Descriptor[] {
    const flags = OPEN.PATH | OPEN.DIRECTORY;
    if (view === undefined) return paths.map((path) => openFile(path, flags));
    const copy = this.#copyFor(view);
    return paths.map((path) => {
      const how = { flags, resolve: RESOLVE.BENEATH };
      return new Descriptor(openBeneath(copy.number, relative(this.#root, path), how));
    });
  }

  #copyFor({ namespace, mappings }: IdView): Descriptor {
    const key = mappings.map((each) => `${each.containerID} ${each.hostID} ${each.size}`).join();
    const copy = this.#copies.get(key) ?? makeMappedCopy(this.#root, namespace);
    // Put in anew it is the youngest; the first in a map is the oldest.
    this.#copies.delete(key);
    this.#copies.set(key, copy);
    const [oldest] = this.#copies;
    if (this.#copies.size > MAX_COPIES && oldest !== undefined) {
      oldest[1][Symbol.dispose]();
      this.#copies.delete(oldest[0]);
    }
    return copy;
  }
}

/** A copy of a mount, seen through a mapping, which is copied and may go. mount_setattr(2) */
export function makeMappedCopy(root: string, idMap: Descriptor): Descriptor {
  const tree = cloneTree(root);
  try {
    changeMount(tree, { idMap }, root);
    return tree;
  } catch (cause) {
    tree[Symbol.dispose]();
    throw explainMapping(cause, root);
  }
}

/** Create sees to it that this does not happen; but a data root may come from another kernel. */
function explainMapping(cause: unknown, path: string): unknown {
  if (!(cause instanceof SysError && cause.code === "EINVAL")) return cause;
  const message =
    `Cannot map the ids of "${path}": its file system takes no id mapping on this kernel; ` +
    "create the container anew, or use a newer kernel";
  return new EngineError("invalid", message, { cause });
}
