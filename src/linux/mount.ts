// The mount API that works on descriptors: a mount is made, given its attributes, and only then put
// at a path, here or in another mount namespace. mount_setattr(2), fsopen(2), move_mount(2)

import { AT_FDCWD, Descriptor } from "./fd.ts";
import { SysError, syscall, trySyscall } from "./syscall.ts";

const OPEN_TREE_CLONE = 1;
const OPEN_TREE_CLOEXEC = 0o2000000;
const AT_EMPTY_PATH = 0x1000;
const AT_RECURSIVE = 0x8000;
const MOVE_MOUNT_F_EMPTY_PATH = 0x4;
const MOVE_MOUNT_T_EMPTY_PATH = 0x40;
const FSOPEN_CLOEXEC = 1;
const FSMOUNT_CLOEXEC = 1;
const UMOUNT_DETACH = 2;
const UMOUNT_NOFOLLOW = 8;

const FSCONFIG = { FLAG: 0, STRING: 1, FD: 5, CREATE: 6 } as const;

/** MOUNT_ATTR_* of mount_setattr(2). */
export const MOUNT_ATTR = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  NOATIME: 0x10,
  STRICTATIME: 0x20,
  NODIRATIME: 0x80,
  IDMAP: 0x100000,
  NOSYMFOLLOW: 0x200000,
} as const;

/** How mounts and unmounts below a mount travel to its copies. mount_namespaces(7) */
export const PROPAGATION = {
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
} as const;

/** What mount_setattr() changes. */
export interface MountChange {
  /** {@link MOUNT_ATTR} flags. */
  readonly set?: number;
  readonly clear?: number;
  /** One of {@link PROPAGATION}. */
  readonly propagation?: number;
  /** A user namespace whose mapping the mount's files are seen through. */
  readonly idMap?: Descriptor;
  /** Also the mounts below. */
  readonly recursive?: boolean;
}

/** A copy of the mount at a path, attached nowhere. open_tree(2) */
export function cloneTree(path: string, options: { recursive?: boolean } = {}): Descriptor {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (options.recursive ? AT_RECURSIVE : 0);
  return new Descriptor(syscall("open_tree", { subject: path, args: [AT_FDCWD, path, flags] }));
}

/** The same of what a descriptor stands for. */
export function cloneTreeOf(file: Descriptor, options: { recursive?: boolean } = {}): Descriptor {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH;
  const recursive = options.recursive ? AT_RECURSIVE : 0;
  return new Descriptor(syscall("open_tree", { args: [file.number, "", flags | recursive] }));
}

/** Changes a mount that a descriptor stands for. */
export function changeMount(mount: Descriptor, change: MountChange, subject = ""): void {
  const { set = 0, clear = 0, propagation = 0, idMap, recursive = false } = change;
  const attributes = new BigUint64Array([
    BigInt(set | (idMap === undefined ? 0 : MOUNT_ATTR.IDMAP)),
    BigInt(clear),
    BigInt(propagation),
    BigInt(idMap?.number ?? 0),
  ]);
  const flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  syscall("mount_setattr", {
    subject,
    args: [mount.number, "", flags, attributes, attributes.byteLength],
  });
}

/** Puts a mount at a path. move_mount(2) */
export function attachMount(mount: Descriptor, target: string): void {
  syscall("move_mount", {
    subject: target,
    args: [mount.number, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH],
  });
}

/** Puts a mount at what a descriptor stands for. move_mount(2) */
export function attachMountAt(mount: Descriptor, target: Descriptor): void {
  const flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
  syscall("move_mount", { args: [mount.number, "", target.number, "", flags] });
}

/** Takes a mount out of the tree at once; it goes away when its last user does. umount2(2) */
export function detachMount(target: string): void {
  syscall("umount2", { subject: target, args: [target, UMOUNT_DETACH | UMOUNT_NOFOLLOW] });
}

/** Arguments of mount(2). */
export interface ClassicMount {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly flags: number;
  readonly data: string;
}

/** The calls of mount(2) that the descriptors cannot replace on every kernel. */
export function mountClassic(request: ClassicMount): void {
  const errno = tryMount(request);
  if (errno !== 0) throw new SysError("mount", `${request.type} at ${request.target}`, errno);
}

/** As mountClassic(), for callers to whom a refusal is an answer: returns its errno, or 0. */
export function tryMount({ source, target, type, flags, data }: ClassicMount): number {
  return -trySyscall("mount", source, target, type, flags, data);
}

/** An option of a new file system: a flag, a text, or a file or directory that is open. */
export type MountOption = readonly [key: string, value?: string | Descriptor];

/** Makes a file system and a mount of it, attached nowhere. fsopen(2), fsconfig(2), fsmount(2) */
export function makeMount(
  type: string,
  options: readonly MountOption[],
  attributes = 0,
): Descriptor {
  using context = new Descriptor(
    syscall("fsopen", { subject: type, args: [type, FSOPEN_CLOEXEC] }),
  );
  for (const option of options) configure(context, option, type);
  const created = trySyscall("fsconfig", context.number, FSCONFIG.CREATE, 0, 0, 0);
  if (created < 0) throw new SysError("fsconfig", `${type}${kernelMessage(context)}`, -created);
  return new Descriptor(
    syscall("fsmount", { subject: type, args: [context.number, FSMOUNT_CLOEXEC, attributes] }),
  );
}

function configure(context: Descriptor, [key, value]: MountOption, type: string): void {
  const result = setOption(context.number, key, value);
  if (result < 0) {
    throw new SysError("fsconfig", `${type} option ${key}${kernelMessage(context)}`, -result);
  }
}

function setOption(context: number, key: string, value: MountOption[1]): number {
  if (value === undefined) return trySyscall("fsconfig", context, FSCONFIG.FLAG, key, 0, 0);
  if (typeof value === "string") {
    return trySyscall("fsconfig", context, FSCONFIG.STRING, key, value, 0);
  }
  return trySyscall("fsconfig", context, FSCONFIG.FD, key, 0, value.number);
}

/** What the kernel has to say about a refusal: the context is its log too. */
function kernelMessage(context: Descriptor): string {
  const buffer = new Uint8Array(256);
  const length = trySyscall("read", context.number, buffer, buffer.byteLength);
  return length <= 0 ? "" : ` (${Buffer.from(buffer.subarray(0, length)).toString().trim()})`;
}
