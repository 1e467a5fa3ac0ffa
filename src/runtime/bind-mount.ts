// Binds: what is at a path on the host, as a mount of the container's.

import { existsSync, statSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import type { Descriptor } from "../linux/fd.ts";
import { changeMount, cloneTree, MOUNT_ATTR, PROPAGATION } from "../linux/mount.ts";
import { withinMountNamespaceOf } from "../linux/namespace.ts";
import { errnoOf, SysError } from "../linux/syscall.ts";
import type { Mount } from "../oci/runtime-spec.ts";
import { parseMountOptions } from "./mount-options.ts";

const ANY_ATIME = MOUNT_ATTR.NOATIME | MOUNT_ATTR.STRICTATIME | 0x40;

/** What stands at a bind's source; only a directory can be mounted on a directory. */
export function bindKind({ source = "" }: Mount): "file" | "directory" {
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
  if (existsSync(mount.source ?? "")) return bindKind(mount);
  return NAME_FILES.has(mount.destination) ? "file" : "directory";
}

/** Makes the mount, attached nowhere. With a mapping its files are seen through `idMap`. */
export function makeBind(mount: Mount, idMap: Descriptor | undefined): Descriptor {
  const { source = "", uidMappings = [], options = [] } = mount;
  const parsed = parseMountOptions(options);
  const tree = cloneSource(source, parsed.bind === "rbind");
  try {
    if (uidMappings.length > 0 && idMap !== undefined) mapIds(tree, mount, idMap);
    setAttributes(tree, parsed);
    return tree;
  } catch (error) {
    tree[Symbol.dispose]();
    throw error;
  }
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

/** Whether all that is mounted at a path can be seen through a mapping. */
export function takesIdMap(path: string, idMap: Descriptor): boolean {
  using tree = cloneTree(path, { recursive: true });
  try {
    changeMount(tree, { idMap, recursive: true }, path);
    return true;
  } catch (error) {
    if (error instanceof SysError && error.code === "EINVAL") return false;
    throw error;
  }
}
