import { readFile } from "node:fs/promises";
import { mustRun } from "../test/support/run-program.ts";
import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import type { Contender } from "./measure.ts";

const CONTAINERS = 20;
const INTERVAL_MS = 200;
const SETTLE_MS = 2000;
const MEASURED_MS = 5000;
const TICK_MS = 10;

export const HEALTH_CASES: readonly Case[] = [
  {
    title: "processor time of the daemon with its helpers for 100 health checks, in one second",
    unit: "ms",
    rounds: 2,
    contenders: ({ daemons }) => daemons.map(healthChecks),
  },
];

/** What the checks themselves take is the containers'; here is what it takes to have them run. */
function healthChecks({ name, host, pid }: Daemon): Contender {
  const docker = (args: readonly string[]) => mustRun(["docker", "--host", host, ...args]);
  const health = ["--health-cmd", "true", "--health-interval", `${INTERVAL_MS}ms`];
  return {
    name,
    async once() {
      const ids: string[] = [];
      for (let at = 0; at < CONTAINERS; at += 1) {
        ids.push((await docker(["run", "-d", ...health, "busybox", "sleep", "600"])).trim());
      }
      try {
        await Bun.sleep(SETTLE_MS);
        const before = await processorMilliseconds(pid);
        await Bun.sleep(MEASURED_MS);
        return ((await processorMilliseconds(pid)) - before) / (MEASURED_MS / 1000);
      } finally {
        await docker(["rm", "--force", ...ids]);
      }
    },
  };
}

/** Of a daemon and the programs that it keeps running; proc(5), utime and stime in stat. */
async function processorMilliseconds(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  const pids = [String(pid), ...children.split(" ").filter((child) => child !== "")];
  const times = pids.map(async (each) => {
    const stat = await readFile(`/proc/${each}/stat`, "utf8").catch(() => "");
    const command = await readFile(`/proc/${each}/cmdline`, "utf8").catch(() => "");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A monitor is the container's; what starts those of the checks is the daemon's helper.
    return command.includes("monitor") ? 0 : Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  });
  return (await Promise.all(times)).reduce((sum, ticks) => sum + ticks, 0) * TICK_MS;
}
