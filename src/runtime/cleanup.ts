import { EngineError } from "../base/errors.ts";
import { type Cgroup, cgroupAt, isInCgroup, removeCgroup } from "../linux/cgroup.ts";
import { releaseKilled } from "../linux/cgroup-freezer.ts";
import type { CgroupLayout } from "../linux/cgroup-layout.ts";
import { tryOpenPidfd } from "../linux/pidfd.ts";
import { listProcessesBeneath } from "../linux/process-table.ts";
import { trySyscall } from "../linux/syscall.ts";
import type { Host } from "./host.ts";

const SIGKILL = 9;

// A killed process leaves its cgroup within microseconds, unless the kernel waits for a device.
const PAUSES_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/**
 * Takes away a program's cgroup, made wholly, in part or not at all, and its run files. They go last:
 * by them the cgroup is found again where it could not be removed.
 */
export async function cleanUp(
  { runFiles, cgroups }: Pick<Host, "runFiles" | "cgroups">,
  id: string,
): Promise<void> {
  const path = runFiles.findCgroup(id);
  if (path !== undefined) await removeCgroupSoon(cgroups, cgroupAt(cgroups, path));
  runFiles.remove(id);
}

/**
 * Removes a cgroup with those below it; what still runs in them, as in the host's pid namespace, is
 * killed.
 */
async function removeCgroupSoon(layout: CgroupLayout, cgroup: Cgroup): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    if (await removeCgroup(cgroup)) return;
    for (const pid of listAll(cgroup)) killIn(cgroup, pid);
    releaseKilled(layout, cgroup.path);
    await Bun.sleep(pauseMs);
  }
  if (await removeCgroup(cgroup)) return;
  const left = listAll(cgroup).join(", ");
  const message = `Cannot remove cgroup ${cgroup.path}: processes ${left} do not end when killed`;
  throw new EngineError("internal", message);
}

/** Below too. A process is somewhere in each hierarchy of v1, so that one tells of all. */
function listAll({ directories: [first = ""] }: Cgroup): readonly number[] {
  return listProcessesBeneath(first);
}

/** The number that was read may be another process's by now: what is looked at is what is killed. */
function killIn({ path }: Cgroup, pid: number): void {
  using pidfd = tryOpenPidfd(pid);
  if (pidfd === undefined || !isInCgroup(pid, path)) return;
  trySyscall("pidfd_send_signal", pidfd.number, SIGKILL, 0, 0);
}
