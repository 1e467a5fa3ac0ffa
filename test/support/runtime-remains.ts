import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CgroupLayout } from "../../src/linux/cgroup-layout.ts";

/** Where a runtime of the tests is at home; all that names these is its own. */
export interface RuntimeHome {
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly cgroups: CgroupLayout;
  readonly cgroupParent: string;
}

/** What is there of a runtime: mounts on the host, processes, cgroups and run files. */
export function listRemains(home: RuntimeHome): readonly string[] {
  const files = readdirSync(join(home.execRoot, "run"));
  return [
    ...listMounts(home),
    ...listProcesses(home),
    ...listCgroups(home),
    ...files.map((name) => `run file ${name}`),
  ];
}

/** What this process has open, by what it is: a start that fails must not leave any of it. */
export function listOwnDescriptors(): readonly string[] {
  return readdirSync("/proc/self/fd").sort();
}

function listMounts({ dataRoot, execRoot }: RuntimeHome): readonly string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines
    .filter((line) => line.includes(dataRoot) || line.includes(execRoot))
    .map((line) => `mount ${line}`);
}

/** A monitor names its run files. A container's process has forgotten it, but not its cgroup. */
function listProcesses({ execRoot, cgroupParent }: RuntimeHome): readonly string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const command = readIfThere(`/proc/${pid}/cmdline`).replaceAll("\0", " ");
    const cgroup = readIfThere(`/proc/${pid}/cgroup`);
    const isOurs = command.includes(execRoot) || cgroup.includes(cgroupParent);
    return isOurs ? [`process ${pid} ${command}`] : [];
  });
}

function listCgroups({ cgroups, cgroupParent }: RuntimeHome): readonly string[] {
  const roots =
    cgroups.version === "2" ? [cgroups.path] : cgroups.hierarchies.map(({ path }) => path);
  return roots
    .map((root) => `${root}${cgroupParent}`)
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => {
      const children = readdirSync(parent, { withFileTypes: true }).filter((entry) =>
        entry.isDirectory(),
      );
      return children.map(({ name }) => `cgroup ${parent}/${name}`);
    });
}

/** Processes come and go while they are listed. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // ENOENT, or ESRCH from a process that ends just now: not there.
    return "";
  }
}
