// Cgroups of containers by their files, on v1's hierarchies and on v2's one. cgroups(7)

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { OPEN } from "./beneath.ts";
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

/** The processes in a cgroup, by their ids in this process's pid namespace. */
export function listProcesses({ directories: [first = ""] }: Cgroup): readonly number[] {
  try {
    const text = readFileSync(`${first}/cgroup.procs`, "utf8");
    return text.split("\n").filter(Boolean).map(Number);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

/**
 * Removes a cgroup that has no processes. False: some are still there; ask again. The kernel takes its
 * time for it, so another thread waits for it.
 */
export async function removeCgroup({ directories }: Cgroup): Promise<boolean> {
  return (await Promise.all(directories.map(removeDirectory))).every(Boolean);
}

async function removeDirectory(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    const code = errnoOf(error);
    if (code === "ENOENT") return true;
    if (code === "EBUSY") return false;
    throw error;
  }
}

/** How many processes the kernel killed in it for want of memory. */
export function countOomKills(layout: CgroupLayout, path: string): number {
  const file =
    layout.version === "2"
      ? `${layout.path}${path}/memory.events`
      : `${memoryRoot(layout.hierarchies)}${path}/memory.oom_control`;
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8"))?.[1] ?? 0);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return 0;
    throw error;
  }
}

function memoryRoot(hierarchies: readonly Hierarchy[]): string {
  return hierarchies.find(({ controllers }) => controllers.includes("memory"))?.path ?? "";
}
