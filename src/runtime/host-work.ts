// What only the host can do for a container, while its init waits: id maps, mounts, limits. Each
// thing that init needs of it is a descriptor, kept under the name that the plan calls it by.

import { writeFileSync } from "node:fs";
import { EngineError } from "../base/errors.ts";
import { OPEN } from "../linux/beneath.ts";
import { cgroupAt, openTasks } from "../linux/cgroup.ts";
import type { CgroupLayout } from "../linux/cgroup-layout.ts";
import { type Descriptor, openFile } from "../linux/fd.ts";
import { changeMount, cloneTree, MOUNT_ATTR } from "../linux/mount.ts";
import { isRlimit, setRlimit } from "../linux/rlimit.ts";
import { errnoOf, SysError } from "../linux/syscall.ts";
import type { IdMapping, Process, Spec } from "../oci/runtime-spec.ts";
import { type BoundMountTools, makeBound } from "./bound-mount.ts";
import { makeDevices } from "./device-mount.ts";
import { toMap } from "./id-map.ts";
import type { IdView } from "./layer-trees.ts";
import { isBind, isDevices, mountName } from "./plan-mounts.ts";

/** Descriptors by the names that plans use; closed together. */
export class PassedDescriptors implements Disposable {
  readonly #byName = new Map<string, Descriptor>();

  set(name: string, descriptor: Descriptor): void {
    this.#byName.get(name)?.[Symbol.dispose]();
    this.#byName.set(name, descriptor);
  }

  get(name: string): Descriptor {
    const descriptor = this.#byName.get(name);
    if (descriptor !== undefined) return descriptor;
    throw new RangeError(`No descriptor was made for "${name}"`);
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#byName.values()) descriptor[Symbol.dispose]();
    this.#byName.clear();
  }
}

/** Writes the maps of a new user namespace. user_namespaces(7) */
export function writeIdMaps(pid: number, { linux = {} }: Spec): void {
  const { uidMappings = [], gidMappings = [] } = linux;
  if (uidMappings.length > 0) writeFileSync(`/proc/${pid}/uid_map`, toMap(uidMappings));
  if (gidMappings.length > 0) writeFileSync(`/proc/${pid}/gid_map`, toMap(gidMappings));
}

/** From an id in the container to the one on the host. */
export function toHostId(mappings: readonly IdMapping[] | undefined, id: number): number {
  if (mappings === undefined || mappings.length === 0) return id;
  for (const { containerID, hostID, size } of mappings) {
    if (id >= containerID && id < containerID + size) return hostID + (id - containerID);
  }
  throw new EngineError(
    "invalid",
    `Cannot use id ${id}: it is not in the container's range of ids`,
  );
}

/** Makes /dev, which needs no user namespace: its nodes are given to ids of the host. */
export function makeDeviceMount(spec: Spec, into: PassedDescriptors): void {
  const { uidMappings, gidMappings, devices = [] } = spec.linux ?? {};
  for (const mount of (spec.mounts ?? []).filter(isDevices)) {
    const made = makeDevices({
      mount,
      devices,
      owner: { uid: toHostId(uidMappings, 0), gid: toHostId(gidMappings, 0) },
      toHostId: (id) => toHostId(uidMappings, id),
      console: spec.process?.terminal === true,
    });
    into.set(mountName(mount), made);
  }
}

/** Makes the binds, seen through the container's user namespace. */
export function makeBinds(
  spec: Spec,
  view: IdView | undefined,
  { tools, into }: { readonly tools: BoundMountTools; readonly into: PassedDescriptors },
): void {
  for (const mount of (spec.mounts ?? []).filter(isBind)) {
    into.set(mountName(mount), makeBound(mount, view, tools));
  }
}

/** Opens what init needs to enter its cgroups, and to show them to the container. */
export function makeCgroupViews(layout: CgroupLayout, spec: Spec, into: PassedDescriptors): void {
  const path = spec.linux?.cgroupsPath ?? "/";
  const mount = (spec.mounts ?? []).find(({ type }) => type === "cgroup" || type === "cgroup2");
  passTasks(layout, path, into);
  if (mount === undefined) return;
  const readonly = mount.options?.includes("ro") === true ? MOUNT_ATTR.RDONLY : 0;
  const set = readonly | MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC;
  const view = (directory: string) => {
    const tree = cloneTree(directory);
    changeMount(tree, { set }, directory);
    return tree;
  };
  if (layout.version === "2") {
    into.set(mountName({ ...mount, type: "bind" }), view(layout.path));
    return;
  }
  const { directories } = cgroupAt(layout, path);
  layout.hierarchies.forEach(({ name }, index) => {
    into.set(`cgroup view ${name}`, view(directories[index] ?? ""));
  });
}

/** The files by which init moves itself, on v1. */
export function passTasks(layout: CgroupLayout, path: string, into: PassedDescriptors): void {
  if (layout.version === "2") return;
  for (const [name, file] of openTasks(layout, path)) into.set(`cgroup ${name}`, file);
}

/** The namespaces that init joins by itself. */
export function passNamespaces(spec: Spec, into: PassedDescriptors): void {
  for (const { type, path } of spec.linux?.namespaces ?? []) {
    if (path === undefined || type === "user" || type === "pid") continue;
    into.set(`namespace ${type}`, openFile(path, OPEN.RDONLY));
  }
}

/** Sets what a process in a user namespace may not raise by itself. */
export function setProcessLimits(pid: number, process: Process): void {
  for (const { type, soft, hard } of process.rlimits ?? []) {
    if (!isRlimit(type)) throw new EngineError("invalid", `invalid ulimit type: ${type}`);
    try {
      setRlimit(pid, type, { soft, hard });
    } catch (cause) {
      throw explainLimit(cause, `${type} ${soft}:${hard}`);
    }
  }
  if (process.oomScoreAdj === undefined) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(process.oomScoreAdj));
  } catch (cause) {
    if (errnoOf(cause) !== "EACCES") throw cause;
    const message = `Cannot lower the OOM score to ${process.oomScoreAdj}: this daemon lacks CAP_SYS_RESOURCE`;
    throw new EngineError("invalid", message, { cause });
  }
}

function explainLimit(cause: unknown, limit: string): unknown {
  if (!(cause instanceof SysError && cause.code === "EPERM")) return cause;
  const message = `Cannot set ${limit}: it is above the daemon's own hard limit, and the daemon lacks CAP_SYS_RESOURCE`;
  return new EngineError("invalid", message, { cause });
}
