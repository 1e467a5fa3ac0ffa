import { readlinkSync } from "node:fs";
import { OPEN } from "./beneath.ts";
import { type Descriptor, openFile } from "./fd.ts";
import { mountClassic } from "./mount.ts";
import { syscall } from "./syscall.ts";

/** The names of the OCI runtime specification. */
export type NamespaceType =
  | "cgroup"
  | "ipc"
  | "mount"
  | "network"
  | "pid"
  | "time"
  | "user"
  | "uts";

/** CLONE_NEW*. clone(2) */
export const CLONE_FLAG: Readonly<Record<NamespaceType, number>> = {
  time: 0x80,
  mount: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  network: 0x40000000,
};

/** The files below `/proc/<pid>/ns`. namespaces(7) */
export const NAMESPACE_FILE: Readonly<Record<NamespaceType, string>> = {
  time: "time",
  mount: "mnt",
  cgroup: "cgroup",
  uts: "uts",
  ipc: "ipc",
  user: "user",
  pid: "pid",
  network: "net",
};

const CLONE_FS = 0x200;
const MS_REC = 0x4000;
const MS_SLAVE = 0x80000;

/** A namespace of a process, kept alive by the descriptor. */
export function openNamespace(pid: number | "self", type: NamespaceType): Descriptor {
  return openFile(`/proc/${pid}/ns/${NAMESPACE_FILE[type]}`, OPEN.RDONLY);
}

/** Of these, the namespaces that a process does not share with this one. */
export function foreignNamespaces<Type extends NamespaceType>(
  pid: number,
  types: readonly Type[],
): readonly Type[] {
  return types.filter((type) => {
    const file = NAMESPACE_FILE[type];
    return readlinkSync(`/proc/${pid}/ns/${file}`) !== readlinkSync(`/proc/self/ns/${file}`);
  });
}

/** A second mount namespace that this thread can step into. */
export interface MountNamespace {
  /** Runs a function there. It must not wait: the thread is in there until it returns. */
  within<Result>(work: () => Result): Result;
}

/**
 * Makes a copy of the mount namespace in which mounts are hidden from the host, and stays outside.
 * The thread's working directory is its own from here on, as setns(2) asks.
 */
export function makeHiddenMountNamespace(): MountNamespace {
  const outside = openOwnMountNamespace();
  syscall("unshare", { subject: "CLONE_NEWNS", args: [CLONE_FLAG.mount] });
  const inside = openOwnMountNamespace();
  // What is mounted on the host is seen in here, but not the other way round.
  mountClassic({ source: "", target: "/", type: "", flags: MS_REC | MS_SLAVE, data: "" });
  enterMountNamespace(outside);
  return { within: (work) => workWithin({ inside, outside }, work) };
}

/** Runs a function in the mount namespace of a process, with its root. It must not wait. */
export function withinMountNamespaceOf<Result>(pid: number, work: () => Result): Result {
  using inside = openNamespace(pid, "mount");
  using outside = openOwnMountNamespace();
  return workWithin({ inside, outside }, work);
}

interface TwoNamespaces {
  readonly inside: Descriptor;
  readonly outside: Descriptor;
}

function workWithin<Result>({ inside, outside }: TwoNamespaces, work: () => Result): Result {
  enterMountNamespace(inside);
  try {
    return work();
  } finally {
    enterMountNamespace(outside);
  }
}

function openOwnMountNamespace(): Descriptor {
  return openFile("/proc/thread-self/ns/mnt", OPEN.RDONLY);
}

function enterMountNamespace(namespace: Descriptor): void {
  // Each time: a thread that the VM has started since shares the directory again. setns(2), EINVAL
  syscall("unshare", { subject: "CLONE_FS", args: [CLONE_FS] });
  syscall("setns", { subject: "mnt", args: [namespace.number, CLONE_FLAG.mount] });
}
