// Binds: what is at a path on the host, as a mount of the container's.

import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../base/errors.ts";
import type { Descriptor } from "../linux/fd.ts";
import {
  changeMount,
  cloneTree,
  cloneTreeOf,
  MOUNT_ATTR,
  makeMount,
  PROPAGATION,
} from "../linux/mount.ts";
import { withinMountNamespaceOf } from "../linux/namespace.ts";
import { FILE_TYPE, isType, statAt } from "../linux/statx.ts";
import { errnoOf, SysError } from "../linux/syscall.ts";
import type { Mount } from "../oci/runtime-spec.ts";
import { parseMountOptions } from "./mount-options.ts";
import { openSubpath } from "./subpath.ts";

const ANY_ATIME = MOUNT_ATTR.NOATIME | MOUNT_ATTR.STRICTATIME | 0x40;

/** What stands at a bind's source; only a directory can be mounted on a directory. */
export function bindKind({ source = "", subpath }: Mount): "file" | "directory" {
  if (subpath !== undefined) {
    using file = openSubpath({ source, subpath });
    return isType(statAt(file.number, ""), FILE_TYPE.DIRECTORY) ? "directory" : "file";
  }
  try {
    return statSync(source).isDirectory() ? "directory" : "file";
  } catch (error) {
    throw explainMissing(error, source);
  }
}

function explainMissing(cause: unknown, source: string): unknown {
  if (errnoOf(cause) !== "ENOENT") return cause;
  const message = `invalid mount config for type "bind": bind source path does not exist: ${source}`;
  return new EngineError("invalid", message, { cause });
}

/** Bound over the image's own at every start; they are written just before it. */
const NAME_FILES = new Set(["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"]);

/** The same where the source need not be there yet: what is missing is made a directory. */
export function expectedBindKind(mount: Mount): "file" | "directory" {
  if (mount.layers !== undefined) return "directory";
  const { source = "", subpath = "" } = mount;
  if (existsSync(join(source, subpath))) return bindKind(mount);
  return NAME_FILES.has(mount.destination) ? "file" : "directory";
}

/** What a mount that was made shows. */
export function kindOfMade(mount: Descriptor): "file" | "directory" {
  return isType(statAt(mount.number, ""), FILE_TYPE.DIRECTORY) ? "directory" : "file";
}

/** Gives a mount that was made by other means what its options say. */
export function finishMount(made: Descriptor, { options = [] }: Mount): Descriptor {
  setAttributes(made, parseMountOptions(options));
  return made;
}

/** Makes the mount, attached nowhere. With a mapping its files are seen through `idMap`. */
export function makeBind(mount: Mount, idMap: Descriptor | undefined): Descriptor {
  const { uidMappings = [], options = [] } = mount;
  const parsed = parseMountOptions(options);
  const tree = cloneMount(mount, parsed.bind === "rbind");
  try {
    if (uidMappings.length > 0 && idMap !== undefined) mapIds(tree, mount, idMap);
    setAttributes(tree, parsed);
    return tree;
  } catch (error) {
    tree[Symbol.dispose]();
    throw error;
  }
}

function cloneMount({ source = "", subpath }: Mount, recursive: boolean): Descriptor {
  if (subpath === undefined) return cloneSource(source, recursive);
  using file = openSubpath({ source, subpath });
  return cloneTreeOf(file, { recursive });
}

const IN_CONTAINER = /^\/proc\/(\d+)\/root(\/.*)$/;

/** What is in a container's root, such as a shared /dev/shm, can only be copied from inside. open_tree(2) */
function cloneSource(source: string, recursive: boolean): Descriptor {
  const [, pid, inside] = IN_CONTAINER.exec(source) ?? [];
  try {
    if (pid === undefined || inside === undefined) return cloneTree(source, { recursive });
    return withinMountNamespaceOf(Number(pid), () => cloneTree(inside, { recursive }));
  } catch (error) {
    throw explainMissing(error, source);
  }
}

function mapIds(tree: Descriptor, { source = "", destination }: Mount, idMap: Descriptor): void {
  try {
    changeMount(tree, { idMap, recursive: true }, source);
  } catch (cause) {
    if (!(cause instanceof SysError && cause.code === "EINVAL")) throw cause;
    const message =
      `Cannot mount "${source}" on "${destination}" in a user namespace of the container's own: its ` +
      "file system, or one mounted below it, takes no id mapping; use --userns=host";
    throw new EngineError("invalid", message, { cause });
  }
}

function setAttributes(tree: Descriptor, parsed: ReturnType<typeof parseMountOptions>): void {
  const { attributes, recursiveAttributes, propagation, propagationRecursive } = parsed;
  const atime = (set: number) => ((set & ANY_ATIME) === 0 ? 0 : ANY_ATIME);
  // A copy of a shared mount is a peer of it: private unless asked otherwise, as in Docker.
  changeMount(tree, {
    propagation: propagation === 0 ? PROPAGATION.private : propagation,
    recursive: propagation === 0 || propagationRecursive,
  });
  if (attributes !== 0) changeMount(tree, { set: attributes, clear: atime(attributes) });
  if (recursiveAttributes === 0) return;
  const clear = atime(recursiveAttributes);
  changeMount(tree, { set: recursiveAttributes, clear, recursive: true });
}

/** Whether a path, and with `recursive` all that is mounted below it, can be seen through a mapping. */
export function takesIdMap(path: string, idMap: Descriptor, { recursive = true } = {}): boolean {
  using tree = cloneTree(path, { recursive });
  return canMap(tree, idMap, recursive);
}

/** File systems on devices that take mappings since before 6.1. */
const MAPPED_TYPES: ReadonlySet<string> = new Set([
  "btrfs",
  "erofs",
  "exfat",
  "ext4",
  "f2fs",
  "msdos",
  "ntfs3",
  "squashfs",
  "vfat",
  "xfs",
]);

/** The same of a file system that is not there yet. */
export function typeTakesIdMap(type: string, idMap: Descriptor): boolean {
  if (type !== "tmpfs") return MAPPED_TYPES.has(type);
  using tree = makeMount("tmpfs", []);
  return canMap(tree, idMap, false);
}

function canMap(tree: Descriptor, idMap: Descriptor, recursive: boolean): boolean {
  try {
    changeMount(tree, { idMap, recursive });
    return true;
  } catch (error) {
    if (error instanceof SysError && error.code === "EINVAL") return false;
    throw error;
  }
}
