import { existsSync, readdirSync } from "node:fs";
import type { CgroupLayout, Hierarchy } from "./cgroup-layout.ts";

/** The limits on a container's resources that not every kernel has, or has switched on. */
export type LimitName =
  | "memory"
  | "swap"
  | "memoryReservation"
  | "swappiness"
  | "oomKillDisable"
  | "cpuShares"
  | "cpuQuota"
  | "cpuRealtime"
  | "cpuset"
  | "pids"
  | "blkioWeight"
  | "blkioThrottle";

/** Which limits can be held. */
export type Limits = Readonly<Record<LimitName, boolean>>;

// Of each limit, the controller and the file that is only there where the kernel can hold it.
const FILES_V1: Readonly<Record<LimitName, readonly [controller: string, file: string]>> = {
  memory: ["memory", "memory.limit_in_bytes"],
  swap: ["memory", "memory.memsw.limit_in_bytes"],
  memoryReservation: ["memory", "memory.soft_limit_in_bytes"],
  swappiness: ["memory", "memory.swappiness"],
  oomKillDisable: ["memory", "memory.oom_control"],
  cpuShares: ["cpu", "cpu.shares"],
  cpuQuota: ["cpu", "cpu.cfs_quota_us"],
  cpuRealtime: ["cpu", "cpu.rt_runtime_us"],
  cpuset: ["cpuset", "cpuset.cpus"],
  // Only cgroups below the root have pids.max, and all of those have it.
  pids: ["pids", "cgroup.procs"],
  blkioWeight: ["blkio", "blkio.weight"],
  blkioThrottle: ["blkio", "blkio.throttle.read_bps_device"],
};

/** Looks for each limit's file. */
export function readLimits(layout: CgroupLayout): Limits {
  return layout.version === "1" ? readLimitsV1(layout.hierarchies) : readLimitsV2(layout);
}

/** Of the controllers that hold a container's limits, by their names of version 2: those that are not there. */
export function unavailableControllers(layout: CgroupLayout): readonly string[] {
  const wanted = ["cpu", "memory", "pids", "cpuset", "io"];
  const there =
    layout.version === "2"
      ? layout.controllers
      : layout.hierarchies.flatMap(({ controllers }) =>
          controllers.map((name) => (name === "blkio" ? "io" : name)),
        );
  return wanted.filter((controller) => !there.includes(controller));
}

function readLimitsV1(hierarchies: readonly Hierarchy[]): Limits {
  const has = (name: LimitName) => {
    const [controller, file] = FILES_V1[name];
    const hierarchy = hierarchies.find(({ controllers }) => controllers.includes(controller));
    return hierarchy !== undefined && existsSync(`${hierarchy.path}/${file}`);
  };
  return fromNames(has);
}

/** Here the root has no files for limits, and whether a controller is there says nearly all. */
function readLimitsV2({ path, controllers }: { path: string; controllers: readonly string[] }) {
  const has = (controller: string) => controllers.includes(controller);
  const limits: Limits = {
    memory: has("memory"),
    swap: has("memory") && hasSwapFile(path),
    memoryReservation: has("memory"),
    swappiness: false,
    oomKillDisable: false,
    cpuShares: has("cpu"),
    cpuQuota: has("cpu"),
    cpuRealtime: false,
    cpuset: has("cpuset"),
    pids: has("pids"),
    // The file of the scheduler that holds weights is one that the root does have.
    blkioWeight: has("io") && existsSync(`${path}/io.cost.qos`),
    blkioThrottle: has("io"),
  };
  return limits;
}

/** A cgroup with memory limits shows it; where there is none yet, swap is counted if the kernel swaps. */
function hasSwapFile(path: string): boolean {
  const children = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${path}/${name}`);
  const limited = children.find((child) => existsSync(`${child}/memory.max`));
  return existsSync(limited === undefined ? "/proc/swaps" : `${limited}/memory.swap.max`);
}

function fromNames(has: (name: LimitName) => boolean): Limits {
  const names = Object.keys(FILES_V1) as LimitName[];
  return Object.fromEntries(names.map((name) => [name, has(name)])) as Record<LimitName, boolean>;
}
