import { parseBytes } from "../../base/byte-size.ts";
import { bool, checkedList, list, optional, text } from "../flags/flag.ts";
import { bytes, int, parseCpus, uint } from "../flags/numbers.ts";
import { parseByteRate, parseCountRate, parseWeight } from "./block-io.ts";
import { parseGpus } from "./gpus.ts";
import { pairs } from "./pairs.ts";
import { checkSysctl } from "./sysctl.ts";
import { parseUlimit } from "./ulimit.ts";

const NO_DEFAULT = { shownDefault: "[]" } as const;

/** What the container may use, and what it may do. */
export const LIMIT_FLAGS = {
  "blkio-weight": uint("Block IO (relative weight), between 10 and 1000, or 0 to disable", 0xffff, {
    label: "uint16",
    shownDefault: "0",
  }),
  "blkio-weight-device": checkedList(
    "Block IO weight (relative device weight)",
    parseWeight,
    NO_DEFAULT,
  ),
  "cap-add": list("Add Linux capabilities"),
  "cap-drop": list("Drop Linux capabilities"),
  "cgroup-parent": text("Optional parent cgroup for the container"),
  cgroupns: text(
    "Cgroup namespace to use (host|private)\n" +
      "'host':    Run the container in the daemon host's cgroup namespace\n" +
      "'private': Run the container in its own private cgroup namespace\n" +
      "'':        What the daemon is set to (default)",
  ),
  "cpu-count": int("CPU count (Windows only)", { initial: 0 }),
  "cpu-percent": int("CPU percent (Windows only)", { initial: 0 }),
  "cpu-period": int("Limit CPU CFS (Completely Fair Scheduler) period", { initial: 0 }),
  "cpu-quota": int("Limit CPU CFS (Completely Fair Scheduler) quota", { initial: 0 }),
  "cpu-rt-period": int("Limit CPU real-time period in microseconds", { initial: 0 }),
  "cpu-rt-runtime": int("Limit CPU real-time runtime in microseconds", { initial: 0 }),
  "cpu-shares": int("CPU shares (relative weight)", { short: "c", initial: 0 }),
  cpus: optional("Number of CPUs", parseCpus, { label: "decimal" }),
  "cpuset-cpus": text("CPUs in which to allow execution (0-3, 0,1)"),
  "cpuset-mems": text("MEMs in which to allow execution (0-3, 0,1)"),
  device: list("Add a host device to the container"),
  "device-cgroup-rule": checkedList(
    "Add a rule to the cgroup allowed devices list",
    checkDeviceRule,
  ),
  "device-read-bps": checkedList(
    "Limit read rate (bytes per second) from a device",
    parseByteRate,
    NO_DEFAULT,
  ),
  "device-read-iops": checkedList(
    "Limit read rate (IO per second) from a device",
    parseCountRate,
    NO_DEFAULT,
  ),
  "device-write-bps": checkedList(
    "Limit write rate (bytes per second) to a device",
    parseByteRate,
    NO_DEFAULT,
  ),
  "device-write-iops": checkedList(
    "Limit write rate (IO per second) to a device",
    parseCountRate,
    NO_DEFAULT,
  ),
  gpus: checkedList("GPU devices to add to the container ('all' to pass all GPUs)", parseGpus, {
    label: "gpu-request",
  }),
  "group-add": list("Add additional groups to join"),
  "io-maxbandwidth": bytes("Maximum IO bandwidth limit for the system drive (Windows only)"),
  "io-maxiops": uint(
    "Maximum IOps limit for the system drive (Windows only)",
    Number.MAX_SAFE_INTEGER,
  ),
  ipc: text("IPC mode to use"),
  "kernel-memory": bytes("Kernel memory limit"),
  memory: bytes("Memory limit", { short: "m" }),
  "memory-reservation": bytes("Memory soft limit"),
  "memory-swap": optional(
    "Swap limit equal to memory plus swap: '-1' to enable unlimited swap",
    (written) => (written === "-1" ? -1 : parseBytes(written)),
    { label: "bytes" },
  ),
  "memory-swappiness": int("Tune container memory swappiness (0 to 100)", { initial: -1 }),
  "oom-kill-disable": bool("Disable OOM Killer"),
  "oom-score-adj": int("Tune host's OOM preferences (-1000 to 1000)", { initial: 0 }),
  pid: text("PID namespace to use"),
  "pids-limit": int("Tune container pids limit (set -1 for unlimited)", { initial: 0 }),
  privileged: bool("Give extended privileges to this container"),
  "security-opt": list("Security Options"),
  sysctl: pairs("Sysctl options", checkSysctl),
  ulimit: checkedList("Ulimit options", parseUlimit, { label: "ulimit", ...NO_DEFAULT }),
  userns: text("User namespace to use (auto|private|host)"),
  uts: text("UTS namespace to use"),
} as const;

/** As the kernel's devices cgroup takes it: `c 1:3 rwm`. */
function checkDeviceRule(rule: string): string {
  if (/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(rule)) return rule;
  throw new Error(`invalid device cgroup format '${rule}'`);
}
