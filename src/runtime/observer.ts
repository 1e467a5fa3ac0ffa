// A container that runs, seen from the host: its processes and what they use; and what can be done to
// all of them at once.

import type { ProcessFacts } from "../base/process-facts.ts";
import type { HostCpu, NetworkCounters, ResourceUsage } from "../base/resource-usage.ts";
import { cgroupAt, isInCgroup } from "../linux/cgroup.ts";
import { freezeCgroup, isFrozen, thawCgroup } from "../linux/cgroup-freezer.ts";
import type { CgroupLayout } from "../linux/cgroup-layout.ts";
import type { CgroupLimits } from "../linux/cgroup-limits.ts";
import { changeLimits } from "../linux/cgroup-update.ts";
import { readCgroupUsage } from "../linux/cgroup-usage.ts";
import { readHostCpu, readNetworkCounters } from "../linux/proc-counters.ts";
import { listProcessesBeneath, readProcess, readUptimeTicks } from "../linux/process-table.ts";
import type { Host } from "./host.ts";

/** Looks at containers by their ids. One that is unknown has no processes, and uses nothing. */
export class Observer {
  readonly #cgroups: CgroupLayout;
  readonly #findPath: (id: string) => string | undefined;

  constructor({ cgroups, runFiles }: Pick<Host, "cgroups" | "runFiles">) {
    this.#cgroups = cgroups;
    this.#findPath = (id) => runFiles.findCgroup(id);
  }

  /** Halts all processes; returns when none runs any more. */
  async freeze(id: string): Promise<void> {
    await freezeCgroup(this.#cgroups, this.#pathOf(id));
  }

  /** Lets all processes go on. */
  async thaw(id: string): Promise<void> {
    await thawCgroup(this.#cgroups, this.#pathOf(id));
  }

  /** Whether a process is one of the container's, and has not ended. */
  has(id: string, pid: number): boolean {
    return isInCgroup(pid, this.#pathOf(id));
  }

  isFrozen(id: string): boolean {
    return isFrozen(this.#cgroups, this.#pathOf(id));
  }

  usage(id: string): ResourceUsage {
    return readCgroupUsage(this.#cgroups, this.#pathOf(id));
  }

  hostCpu(): HostCpu {
    return readHostCpu();
  }

  /** The interfaces of the network namespace that a process is in. */
  networkCounters(pid: number): Readonly<Record<string, NetworkCounters>> {
    return readNetworkCounters(pid);
  }

  /** Sets the limits anew; one that the kernel refuses is an error that names its file. */
  changeLimits(id: string, limits: CgroupLimits): void {
    changeLimits(this.#cgroups, this.#pathOf(id), limits);
  }

  /** The processes of a container, those of its execs too. */
  processes(id: string): readonly ProcessFacts[] {
    const [directory = ""] = cgroupAt(this.#cgroups, this.#pathOf(id)).directories;
    return listProcessesBeneath(directory).flatMap((pid) => readProcess(pid) ?? []);
  }

  /** How long the host has been up, in hundredths of a second. */
  uptimeTicks(): number {
    return readUptimeTicks();
  }

  /** A path that no cgroup has, where nothing is known of the container. */
  #pathOf(id: string): string {
    return this.#findPath(id) ?? `/no container ${id}`;
  }
}
