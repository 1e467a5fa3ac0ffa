import { EngineError } from "../base/errors.ts";
import { type Cgroup, listProcesses, removeCgroup } from "../linux/cgroup.ts";
import { trySyscall } from "../linux/syscall.ts";

const SIGKILL = 9;

// A killed process leaves its cgroup within microseconds, unless the kernel waits for a device.
const PAUSES_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

/** Removes a cgroup; what still runs in it, as in the host's pid namespace, is killed. */
export async function removeCgroupSoon(cgroup: Cgroup): Promise<void> {
  for (const pauseMs of PAUSES_MS) {
    if (await removeCgroup(cgroup)) return;
    for (const pid of listProcesses(cgroup)) trySyscall("kill", pid, SIGKILL);
    await Bun.sleep(pauseMs);
  }
  const left = listProcesses(cgroup).join(", ");
  const message = `Cannot remove cgroup ${cgroup.path}: processes ${left} do not end when killed`;
  throw new EngineError("internal", message);
}
