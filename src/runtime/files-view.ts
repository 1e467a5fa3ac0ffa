// A container's files as its programs see them, for who works on them from outside: its root, and in it
// its binds, volumes and memory file systems. What the kernel mounts for programs (/proc, /sys, /dev) is
// left out, and so is whatever the container has mounted itself: root of the host must not be led to
// write there.

import { closeSync, statfsSync } from "node:fs";
import { posix } from "node:path";
import { createFileAt, makeDirectoryAt } from "../linux/at.ts";
import { OPEN, openBeneath, RESOLVE } from "../linux/beneath.ts";
import { Descriptor } from "../linux/fd.ts";
import { type FileOwner, withFileOwner } from "../linux/file-owner.ts";
import {
  attachMount,
  attachMountAt,
  changeMount,
  cloneTree,
  detachMount,
  PROPAGATION,
} from "../linux/mount.ts";
import {
  type MountNamespace,
  makeHiddenMountNamespace,
  withinMountNamespaceOf,
} from "../linux/namespace.ts";
import { FILE_TYPE, isType, statAt } from "../linux/statx.ts";
import { errnoOf } from "../linux/syscall.ts";
import type { IdMapping, Mount } from "../oci/runtime-spec.ts";
import { type BoundMountTools, makeBound } from "./bound-mount.ts";
import type { IdView } from "./layer-trees.ts";
import type { RootSource, Running } from "./model.ts";
import { isBind } from "./plan-mounts.ts";

/** Whose files are to be seen. */
export interface FilesRequest {
  readonly root: RootSource;
  /** Its program, while it runs: a root must not be mounted twice. */
  readonly running: Pick<Running, "pid"> | undefined;
  /** What is mounted in it, in the order of mounting; binds and memory count, and no more. */
  readonly mounts: readonly Mount[];
  /** Of its user namespace; none: the host's. */
  readonly mappings: readonly IdMapping[];
}

/** Files that stay where they are until this is disposed of, whatever becomes of the container. */
export interface FilesView extends Disposable {
  /** A path of this process's to the root. */
  readonly path: string;
}

/** Makes views of containers' files. */
export class FilesViews {
  readonly #options: FilesViewsOptions;
  #stage: MountNamespace | undefined;

  constructor(options: FilesViewsOptions) {
    this.#options = options;
  }

  open(request: FilesRequest): FilesView {
    using made = new DisposableStack();
    const view = this.#viewOf(request);
    const root = made.use(this.#openRoot(request, view));
    const mounts = request.mounts.flatMap((mount) => {
      const tree = this.#openMount(mount, request, view);
      return tree === undefined ? [] : [{ target: mount.destination, tree: made.use(tree) }];
    });
    const whole = mounts.length === 0 ? root : this.#assemble(root, mounts, request);
    if (whole === root) made.move();
    return { path: whole.path, [Symbol.dispose]: () => whole[Symbol.dispose]() };
  }

  #viewOf({ mappings }: FilesRequest): IdView | undefined {
    if (mappings.length === 0) return undefined;
    return { namespace: this.#options.idMaps.get({ uids: mappings, gids: mappings }), mappings };
  }

  #openRoot({ running, root }: FilesRequest, view: IdView | undefined): Descriptor {
    if (running !== undefined) return withinMountNamespaceOf(running.pid, () => cloneTree("/"));
    return this.#options.mounter.mount(root, view);
  }

  /** Undefined: nothing that belongs to the view. */
  #openMount(
    mount: Mount,
    { running }: FilesRequest,
    view: IdView | undefined,
  ): Descriptor | undefined {
    const isOwn = mount.type === "tmpfs" || mount.over !== undefined;
    if (!isOwn) return isBind(mount) ? makeBound(mount, view, this.#options) : undefined;
    if (running === undefined) return undefined;
    const tree = withinMountNamespaceOf(running.pid, () => cloneFound(mount.destination));
    // The container can have put something else in the way, which it must not make us look at.
    const wanted = mount.over === undefined ? TMPFS_MAGIC : OVERLAY_MAGIC;
    if (tree === undefined || statfsSync(tree.path).type === wanted) return tree;
    tree[Symbol.dispose]();
    return undefined;
  }

  #assemble(root: Descriptor, mounts: readonly PlacedMount[], request: FilesRequest): Descriptor {
    const { stageDirectory } = this.#options;
    const [mapping] = request.mappings;
    const owner = mapping && { uid: mapping.hostID, gid: mapping.hostID };
    this.#stage ??= makeHiddenMountNamespace();
    return this.#stage.within(() => {
      changeMount(root, { propagation: PROPAGATION.private });
      attachMount(root, stageDirectory);
      try {
        for (const mount of mounts) {
          // In the container's own root it is there, unless the container moved it away.
          place(root, mount, request.running === undefined ? { owner } : undefined);
        }
        return cloneTree(stageDirectory, { recursive: true });
      } finally {
        detachMount(stageDirectory);
      }
    });
  }
}

/** What views are made with. */
export interface FilesViewsOptions extends BoundMountTools {
  /** An empty directory that this may mount on, out of sight of the host. */
  readonly stageDirectory: string;
}

interface PlacedMount {
  readonly target: string;
  readonly tree: Descriptor;
}

const TMPFS_MAGIC = 0x0102_1994;
const OVERLAY_MAGIC = 0x794c_7630;

function cloneFound(path: string): Descriptor | undefined {
  try {
    return cloneTree(path);
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "ELOOP", "EINVAL"].includes(errnoOf(cause) ?? "")) return undefined;
    throw cause;
  }
}

/** With `make` a missing place is made. */
function place(
  root: Descriptor,
  { target, tree }: PlacedMount,
  make: { readonly owner: FileOwner | undefined } | undefined,
): void {
  const isDirectory = isType(statAt(tree.number, ""), FILE_TYPE.DIRECTORY);
  if (make !== undefined) {
    withFileOwner(make.owner, () => ensurePlace(root.number, target, isDirectory));
  }
  using at = openPlace(root.number, target);
  if (at !== undefined) attachMountAt(tree, at);
}

function openPlace(root: number, path: string): Descriptor | undefined {
  try {
    const how = { flags: OPEN.PATH, resolve: RESOLVE.IN_ROOT | RESOLVE.NO_MAGICLINKS };
    return new Descriptor(openBeneath(root, path, how));
  } catch (cause) {
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(cause) ?? "")) return undefined;
    throw cause;
  }
}

function ensurePlace(root: number, path: string, isDirectory: boolean): void {
  using there = openPlace(root, path);
  if (there !== undefined || path === "/") return;
  const parentPath = posix.dirname(path);
  ensurePlace(root, parentPath, true);
  using parent = openPlace(root, parentPath);
  if (parent === undefined) return;
  const name = Buffer.from(posix.basename(path)).toString("latin1");
  if (isDirectory) makeDirectoryAt(parent.number, name, 0o755);
  else closeSync(createFileAt(parent.number, name, 0o644));
}
