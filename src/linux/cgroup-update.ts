// Changing the limits of a cgroup that has processes. memory.rst, cgroup-v2.rst

import { cgroupAt, limitCgroup } from "./cgroup.ts";
import { controllerDirectory, readControl } from "./cgroup-files.ts";
import type { CgroupLayout } from "./cgroup-layout.ts";
import type { CgroupLimits } from "./cgroup-limits.ts";

/** Sets limits anew. One that the kernel refuses is a SysError that names its file. */
export function changeLimits(layout: CgroupLayout, path: string, limits: CgroupLimits): void {
  const cgroup = cgroupAt(layout, path);
  const { limit, swap } = limits.memory ?? {};
  // v1 never has the limit of memory above that of memory and swap: to raise both, this one goes first.
  if (layout.version === "1" && swap !== undefined && isRaised(layout, path, limit)) {
    limitCgroup(layout, cgroup, { memory: { swap } });
  }
  limitCgroup(layout, cgroup, limits);
}

function isRaised(layout: CgroupLayout, path: string, limit: number | undefined): boolean {
  if (limit === undefined) return false;
  const file = `${controllerDirectory(layout, path, "memory")}/memory.memsw.limit_in_bytes`;
  return limit === -1 || limit > Number(readControl(file));
}
