// Cgroups of containers by their files, on v1's hierarchies and on v2's one. cgroups(7)

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { dirname, posix } from "node:path";
import { OPEN } from "./beneath.ts";
import { listChildren } from "./cgroup-files.ts";
import type { CgroupLayout, Hierarchy } from "./cgroup-layout.ts";
import { type CgroupLimits, type LimitWrite, planLimitsV1, planLimitsV2 } from "./cgroup-limits.ts";
import { attachDeviceFilter, compileDeviceFilter } from "./device-filter.ts";
import { type CgroupDeviceRule, deviceRuleLines } from "./device-rule.ts";
import { type Descriptor, openFile } from "./fd.ts";
import { errnoOf, SysError } from "./syscall.ts";

/** A cgroup in every hierarchy that there is, at one path below each. */
export interface Cgroup {
  /** Such as `/sampan/<id>`. */
  readonly path: string;
  /** v2: its one directory. v1: one for each hierarchy. */
  readonly directories: readonly string[];
}

// The v2 controllers that limits are set with; a parent must let each through.
const V2_CONTROLLERS = ["cpuset", "cpu", "io", "memory", "pids"];

const ROOT_ONLY = /^\/*$/;

/** The directories of a path, one for each hierarchy. */
export function cgroupAt(layout: CgroupLayout, path: string): Cgroup {
  const roots =
    layout.version === "2" ? [layout.path] : layout.hierarchies.map(({ path: at }) => at);
  return { path, directories: roots.map((root) => `${root}${path}`) };
}

/** Makes a cgroup with its parents. One that is there is taken as it is. */
export function createCgroup(layout: CgroupLayout, path: string): Cgroup {
  const cgroup = cgroupAt(layout, path);
  if (layout.version === "2") {
    makeV2(layout.path, path, layout.controllers);
  } else {
    for (const hierarchy of layout.hierarchies) makeV1(hierarchy, path);
  }
  return cgroup;
}

function makeV2(root: string, path: string, available: readonly string[]): void {
  if (ROOT_ONLY.test(path) || isDirectory(`${root}${path}`)) return;
  const parent = dirname(path) === "/" ? "" : dirname(path);
  makeV2(root, parent, available);
  const enabled = V2_CONTROLLERS.filter((name) => available.includes(name));
  writeControl(`${root}${parent}/cgroup.subtree_control`, enabled.map((n) => `+${n}`).join(" "));
  mkdirSync(`${root}${path}`, { recursive: true });
}

/** A cpuset starts empty, and nothing can run in it: it takes what its parent has. */
function makeV1(hierarchy: Hierarchy, path: string): void {
  const directory = `${hierarchy.path}${path}`;
  if (!hierarchy.controllers.includes("cpuset")) {
    mkdirSync(directory, { recursive: true });
    return;
  }
  if (ROOT_ONLY.test(path) || isDirectory(directory)) return;
  const parent = dirname(path);
  makeV1(hierarchy, parent);
  mkdirSync(directory, { recursive: true });
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const inherited = readFileSync(`${hierarchy.path}${parent}/${file}`, "utf8").trim();
    writeControl(`${directory}/${file}`, inherited);
  }
}

function isDirectory(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Sets limits and device rules. A limit that the kernel refuses is a SysError that names its file. */
export function limitCgroup(
  layout: CgroupLayout,
  cgroup: Cgroup,
  limits: CgroupLimits & { readonly devices?: readonly CgroupDeviceRule[] },
): void {
  if (layout.version === "2") {
    const [directory = ""] = cgroup.directories;
    for (const { file, text } of planLimitsV2(limits)) writeControl(`${directory}/${file}`, text);
    if (limits.devices === undefined) return;
    using opened = openFile(directory, OPEN.RDONLY | OPEN.DIRECTORY);
    attachDeviceFilter(opened, compileDeviceFilter(limits.devices));
    return;
  }
  for (const write of planLimitsV1(limits)) writeV1(layout.hierarchies, cgroup.path, write);
  const devices = layout.hierarchies.find(({ controllers }) => controllers.includes("devices"));
  if (devices === undefined) return;
  for (const { file, line } of (limits.devices ?? []).flatMap(deviceRuleLines)) {
    writeControl(`${devices.path}${cgroup.path}/${file}`, line);
  }
}

function writeV1(hierarchies: readonly Hierarchy[], path: string, write: LimitWrite): void {
  const hierarchy = hierarchies.find(({ controllers }) => controllers.includes(write.controller));
  if (hierarchy === undefined) {
    throw new SysError("open", `${write.file}: no "${write.controller}" controller is mounted`, 2);
  }
  writeControl(`${hierarchy.path}${path}/${write.file}`, write.text);
}

function writeControl(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw explainWrite(cause, `"${text}" to ${path}`);
  }
}

function explainWrite(cause: unknown, subject: string): unknown {
  const errno = cause instanceof Error && "errno" in cause ? Number(cause.errno) : 0;
  return errno < 0 ? new SysError("write", subject, -errno) : cause;
}

/** The files by which init moves itself into each hierarchy of v1, by the hierarchy's name. */
export function openTasks(
  layout: CgroupLayout & { version: "1" },
  path: string,
): ReadonlyMap<string, Descriptor> {
  return new Map(
    layout.hierarchies.map(({ name, path: root }) => [
      name,
      openFile(`${root}${path}/tasks`, OPEN.WRONLY),
    ]),
  );
}

/** Whether a process, as it is now, is in a cgroup or below it. cgroups(7), /proc/pid/cgroup */
export function isInCgroup(pid: number, path: string): boolean {
  try {
    const lines = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("\n");
    // What is before the path depends on the cgroup namespace that is looked from.
    return lines.some((line) => `${line}/`.includes(`${path}/`));
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ESRCH") return false;
    throw error;
  }
}

/** Whether a path leads to the cgroup that all others are in. */
export function isRootCgroup(path: string): boolean {
  return posix.normalize(`/${path}`) === "/";
}

/**
 * Removes a cgroup that has no processes, with those that a container made below it. False: some are
 * still there; ask again. The kernel takes its time for it, so another thread waits for it.
 */
export async function removeCgroup({ path, directories }: Cgroup): Promise<boolean> {
  if (isRootCgroup(path)) throw new Error("The root of all cgroups is nobody's to remove");
  return (await Promise.all(directories.map(removeTree))).every(Boolean);
}

async function removeTree(directory: string): Promise<boolean> {
  if (await removeDirectory(directory)) return true;
  const children = listChildren(directory);
  if (children.length === 0) return false;
  const removed = await Promise.all(children.map(removeTree));
  return removed.every(Boolean) && (await removeDirectory(directory));
}

/** False: a process or another cgroup is in it. */
async function removeDirectory(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    // ENOTDIR: what was to be its parent has the name of a file of the kernel's.
    if (code === "ENOENT" || code === "ENOTDIR") return true;
    if (code === "EBUSY") return false;
    throw error;
  }
}
