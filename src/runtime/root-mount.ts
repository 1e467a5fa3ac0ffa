// The root file system of a container: an overlay of its image's layers and its own upper directory.

import { existsSync, rmSync } from "node:fs";
import { makeDirectoryAt } from "../linux/at.ts";
import { OPEN } from "../linux/beneath.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import {
  attachMount,
  changeMount,
  cloneTree,
  detachMount,
  type MountOption,
  makeMount,
  mountClassic,
} from "../linux/mount.ts";
import { type MountNamespace, makeHiddenMountNamespace } from "../linux/namespace.ts";
import { SysError } from "../linux/syscall.ts";
import { type IdView, LayerTrees } from "./layer-trees.ts";
import type { RootSource } from "./model.ts";
import { ensureSkeleton } from "./skeleton.ts";

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

  /** `view` is how the container sees its layers; undefined: as they are on the disk. */
  mount(root: RootSource, view: IdView | undefined): Descriptor {
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
  const tree = cloneTree(path);
  if (idMap !== undefined) changeMount(tree, { idMap }, path);
  return tree;
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
    mount: (root, lowers) => namespace.within(() => mountStaged(directory, root, lowers)),
  };
}

function mountStaged(
  directory: string,
  root: RootSource,
  lowers: readonly Descriptor[],
): Descriptor {
  using attached = new DisposableStack();
  lowers.forEach((lower, place) => {
    attachMount(lower, `${directory}/${place}`);
    attached.defer(() => detachMount(`${directory}/${place}`));
  });
  // mount(2) takes one page of options: short names, from the directory they are in.
  const previous = process.cwd();
  process.chdir(directory);
  attached.defer(() => process.chdir(previous));
  const target = `${directory}/root`;
  mountClassic({
    source: "overlay",
    target,
    type: "overlay",
    flags: 0,
    data: overlayOptions(root, lowers.length),
  });
  attached.defer(() => detachMount(target));
  return cloneTree(target);
}

function overlayOptions({ upper, work, volatile }: RootSource, lowers: number): string {
  const places = Array.from({ length: lowers }, (_, place) => place).join(":");
  const options = [
    `lowerdir=${places}`,
    `upperdir=${escapeOption(upper)}`,
    `workdir=${escapeOption(work)}`,
  ];
  return [...options, ...(volatile ? ["volatile"] : [])].join(",");
}

function escapeOption(path: string): string {
  return path.replace(/[\\,:]/g, (character) => `\\${character}`);
}
