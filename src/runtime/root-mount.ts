// The root file system of a container: an overlay of its image's layers and its own upper directory,
// or, where that is a copy of everything, the directory alone.

import { existsSync, rmSync } from "node:fs";
import { makeDirectoryAt } from "../linux/at.ts";
import { OPEN } from "../linux/beneath.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import {
  attachMount,
  changeMount,
  cloneTree,
  cloneTreeOf,
  detachMount,
  MOUNT_ATTR,
  type MountOption,
  makeMount,
  mountClassic,
  PROPAGATION,
} from "../linux/mount.ts";
import { type MountNamespace, makeHiddenMountNamespace } from "../linux/namespace.ts";
import { SysError } from "../linux/syscall.ts";
import { type IdView, LayerTrees, makeMappedCopy } from "./layer-trees.ts";
import type { RootSource } from "./model.ts";
import { ensureSkeleton } from "./skeleton.ts";
import { openSubpath } from "./subpath.ts";

/**
 * Makes root file systems as mounts that are attached nowhere. Kernels from 6.13 on take the layers
 * as descriptors; older ones want paths, so there the layers are attached for a moment in a mount
 * namespace that the host does not see.
 */
export class RootMounter {
  readonly #stageDirectory: string;
  readonly #skeleton: string;
  readonly #layers: LayerTrees;
  #stage: Stage | undefined;
  #takesDescriptors = true;

  constructor({ stageDirectory, layerRoot }: RootMounterOptions) {
    this.#stageDirectory = stageDirectory;
    this.#skeleton = ensureSkeleton(layerRoot);
    this.#layers = new LayerTrees(layerRoot);
  }

  /** A directory of the host below another that takes what is written: it is left as it is. */
  mountOver(
    {
      source,
      upper,
      work,
    }: { readonly source: string; readonly upper: string; readonly work: string },
    view: IdView | undefined,
  ): Descriptor {
    this.#stage ??= makeStage(this.#stageDirectory);
    using lower = openLower(source, view?.namespace);
    return this.#stage.mount({ lowers: [source], upper, work, volatile: true }, [lower]);
  }

  /**
   * Layers, topmost first, as one read-only file system, or what is at a path in it; no link there may
   * lead out. In the hidden namespace on all kernels: older ones copy nothing of a detached mount.
   */
  mountLayers({ layers, subpath }: LayeredPath, view: IdView | undefined): Descriptor {
    this.#stage ??= makeStage(this.#stageDirectory);
    using stack = new DisposableStack();
    // An overlay without an upper directory wants two; this one is empty.
    const paths = [...layers, `${this.#skeleton}/proc`];
    const lowers = paths.map((path) => stack.use(openLower(path, view?.namespace)));
    return this.#stage.mountLayers(lowers, subpath);
  }

  /** `view` is how the container sees its layers; undefined: as they are on the disk. */
  mount(root: RootSource, view: IdView | undefined): Descriptor {
    if (root.directory !== undefined) return bindDirectory(root.directory, view);
    if (root.lowers.length === 0) return bindCopy(root.upper);
    if (root.volatile) forgetCrash(root.work);
    const paths = [...root.lowers, this.#skeleton];
    using stack = new DisposableStack();
    if (this.#takesDescriptors) {
      const lowers = this.#layers.open(paths, view).map((lower) => stack.use(lower));
      try {
        return mountByDescriptors(root, lowers);
      } catch (error) {
        if (!isUnknownOption(error)) throw error;
        this.#takesDescriptors = false;
      }
    }
    this.#stage ??= makeStage(this.#stageDirectory);
    const lowers = paths.map((path) => stack.use(openLower(path, view?.namespace)));
    return this.#stage.mount(root, lowers);
  }
}

/** What of some layers is to be mounted. */
export interface LayeredPath {
  readonly layers: readonly string[];
  readonly subpath: string;
}

/** With what is mounted beneath it, and seen through the container's mapping. */
function bindDirectory(directory: string, view: IdView | undefined): Descriptor {
  const tree = cloneTree(directory, { recursive: true });
  try {
    changeMount(tree, { propagation: PROPAGATION.private, recursive: true }, directory);
    if (view !== undefined) {
      changeMount(tree, { idMap: view.namespace, recursive: true }, directory);
    }
    return tree;
  } catch (cause) {
    tree[Symbol.dispose]();
    throw cause;
  }
}

/** It is free of what the data root's own mount forbids, as an overlay would be. */
function bindCopy(directory: string): Descriptor {
  const tree = cloneTree(directory);
  const clear = MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC;
  changeMount(tree, { clear, propagation: PROPAGATION.private }, directory);
  return tree;
}

/** Where a mounter works. */
export interface RootMounterOptions {
  /** An empty directory that this may mount on, out of sight of the host. */
  readonly stageDirectory: string;
  /** All layers are below it; the skeleton of containers is made in it. */
  readonly layerRoot: string;
}

/** The kernel marks a volatile directory, to refuse it after a crash; this one was left in order. overlayfs.rst */
function forgetCrash(work: string): void {
  const mark = `${work}/work/incompat`;
  if (existsSync(mark)) rmSync(mark, { recursive: true, force: true });
}

function openLower(path: string, idMap: Descriptor | undefined): Descriptor {
  return idMap === undefined ? cloneTree(path) : makeMappedCopy(path, idMap);
}

// EINVAL where overlay does not know the option, ENOTSUP where it takes no descriptors at all (6.1).
function isUnknownOption(error: unknown): boolean {
  if (!(error instanceof SysError && error.call === "fsconfig")) return false;
  return error.code === "EINVAL" || error.code === "ENOTSUP";
}

function mountByDescriptors(root: RootSource, lowers: readonly Descriptor[]): Descriptor {
  using upper = openFile(root.upper, OPEN.PATH | OPEN.DIRECTORY);
  using work = openFile(root.work, OPEN.PATH | OPEN.DIRECTORY);
  return makeMount("overlay", [
    ["source", "overlay"],
    ...lowers.map((lower): MountOption => ["lowerdir+", lower]),
    ["upperdir", upper],
    ["workdir", work],
    ...(root.volatile ? [["volatile"] as const] : []),
  ]);
}

interface Stage {
  mount(root: RootSource, lowers: readonly Descriptor[]): Descriptor;
  mountLayers(lowers: readonly Descriptor[], subpath: string): Descriptor;
}

// More than any overlay takes. fs/overlayfs/params.h, OVL_MAX_STACK
const MAX_LOWERS = 500;

function makeStage(directory: string): Stage {
  const namespace: MountNamespace = makeHiddenMountNamespace();
  namespace.within(() => {
    using places = makeMount("tmpfs", [["mode", "700"]]);
    makeDirectoryAt(places.number, "root", 0o700);
    for (let place = 0; place < MAX_LOWERS; place++) {
      makeDirectoryAt(places.number, String(place), 0o700);
    }
    attachMount(places, directory);
  });
  return {
    mount: (root, lowers) =>
      namespace.within(() => mountStaged({ directory, lowers, root, copy: cloneTree })),
    mountLayers: (lowers, subpath) => {
      const copy = (source: string) => {
        using place = openSubpath({ source, subpath });
        return cloneTreeOf(place);
      };
      return namespace.within(() => mountStaged({ directory, lowers, copy }));
    },
  };
}

interface StagedOverlay {
  readonly directory: string;
  readonly lowers: readonly Descriptor[];
  /** Undefined: the layers alone, read-only. */
  readonly root?: RootSource;
  /** Makes the mount that is kept of the one at a path. */
  copy(path: string): Descriptor;
}

function mountStaged({ directory, lowers, root, copy }: StagedOverlay): Descriptor {
  using attached = new DisposableStack();
  lowers.forEach((lower, place) => {
    attachMount(lower, `${directory}/${place}`);
    attached.defer(() => detachMount(`${directory}/${place}`));
  });
  // mount(2) takes one page of options: short names, from the directory they are in. Opened in here,
  // as an overlay takes nothing of another mount namespace.
  const open = (path: string) => attached.use(openFile(path, OPEN.PATH | OPEN.DIRECTORY)).path;
  const writable = root && [`upperdir=${open(root.upper)}`, `workdir=${open(root.work)}`];
  const previous = process.cwd();
  process.chdir(directory);
  attached.defer(() => process.chdir(previous));
  const target = `${directory}/root`;
  mountClassic({
    source: "overlay",
    target,
    type: "overlay",
    flags: 0,
    data: [
      `lowerdir=${[...lowers.keys()].join(":")}`,
      ...(writable ?? []),
      ...(root?.volatile ? ["volatile"] : []),
    ].join(),
  });
  attached.defer(() => detachMount(target));
  return copy(target);
}
