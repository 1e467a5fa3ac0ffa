// Numbers that the kernel counts for the host and for network namespaces. proc(5)

import type { HostCpu, NetworkCounters } from "../base/resource-usage.ts";
import { readControl } from "./cgroup-files.ts";

const NS_PER_TICK = 10_000_000;

/** What the host's processors did since it was started, busy or not. */
export function readHostCpu(): HostCpu {
  return parseHostCpu(readControl("/proc/stat"));
}

/** As Docker counts: user to softirq; what a hypervisor took is left out. */
export function parseHostCpu(text: string): HostCpu {
  const [first = ""] = text.split("\n", 1);
  const ticks = first.split(/\s+/).slice(1, 8).map(Number);
  const totalNs = ticks.reduce((sum, each) => sum + each, 0) * NS_PER_TICK;
  return { totalNs, online: text.match(/^cpu\d+ /gm)?.length ?? 0 };
}

/** The interfaces of the network namespace that a process is in; none when it has ended. */
export function readNetworkCounters(pid: number): Readonly<Record<string, NetworkCounters>> {
  return parseNetworkCounters(readControl(`/proc/${pid}/net/dev`));
}

/** Two lines of headings, then `eth0: bytes packets errs drop …` for each, received and sent. */
export function parseNetworkCounters(text: string): Readonly<Record<string, NetworkCounters>> {
  const rows = text.split("\n").slice(2).filter(Boolean);
  return Object.fromEntries(rows.map(parseInterface));
}

function parseInterface(line: string): readonly [string, NetworkCounters] {
  // A name may have a colon in it, an alias; the numbers have none.
  const colon = line.lastIndexOf(":");
  const count = line
    .slice(colon + 1)
    .trim()
    .split(/\s+/)
    .map(Number);
  const at = (index: number) => count[index] ?? 0;
  const counters = {
    rxBytes: at(0),
    rxPackets: at(1),
    rxErrors: at(2),
    rxDropped: at(3),
    txBytes: at(8),
    txPackets: at(9),
    txErrors: at(10),
    txDropped: at(11),
  };
  return [line.slice(0, colon).trim(), counters];
}
