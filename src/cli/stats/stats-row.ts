import type { ContainerStats, CpuStats, MemoryStats } from "../../client/control-wire.ts";
import type { Row, RowFormat } from "../format/print-rows.ts";
import { formatBinarySize, formatSize, shortId } from "../format/units.ts";

/** How `stats` shows containers. */
export const STATS_FORMAT: RowFormat = {
  headings: {
    Container: "CONTAINER",
    ID: "CONTAINER ID",
    Name: "NAME",
    CPUPerc: "CPU %",
    MemUsage: "MEM USAGE / LIMIT",
    MemPerc: "MEM %",
    NetIO: "NET I/O",
    BlockIO: "BLOCK I/O",
    PIDs: "PIDS",
  },
  columns: ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"],
};

const UNKNOWN = "--";

/** A container's row; without numbers, one of which nothing is known yet. */
export function toStatsRow(ref: string, stats: ContainerStats | undefined, truncate: boolean): Row {
  if (stats === undefined) return unknownRow(ref);
  const { memory_stats: memory } = stats;
  const used = usedMemory(memory);
  const limit = memory.limit ?? 0;
  return {
    Container: ref,
    ID: truncate ? shortId(stats.id) : stats.id,
    Name: stats.name.replace(/^\//, ""),
    CPUPerc: `${cpuPercent(stats).toFixed(2)}%`,
    MemUsage: `${formatBinarySize(used)} / ${formatBinarySize(limit)}`,
    MemPerc: `${(limit === 0 ? 0 : (used / limit) * 100).toFixed(2)}%`,
    NetIO: formatNetwork(stats),
    BlockIO: formatBlockIo(stats),
    PIDs: String(stats.pids_stats.current ?? 0),
  };
}

function unknownRow(ref: string): Row {
  return {
    Container: ref,
    ID: UNKNOWN,
    Name: ref,
    CPUPerc: UNKNOWN,
    MemUsage: `${UNKNOWN} / ${UNKNOWN}`,
    MemPerc: UNKNOWN,
    NetIO: `${UNKNOWN} / ${UNKNOWN}`,
    BlockIO: `${UNKNOWN} / ${UNKNOWN}`,
    PIDs: UNKNOWN,
  };
}

/** 100 is one processor in full. */
function cpuPercent({ cpu_stats: now, precpu_stats: before }: ContainerStats): number {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const whole = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  return used > 0 && whole > 0 ? (used / whole) * countCpus(now) * 100 : 0;
}

function countCpus({ online_cpus: online = 0, cpu_usage }: CpuStats): number {
  return online === 0 ? (cpu_usage.percpu_usage?.length ?? 0) : online;
}

/** What the kernel can drop at once counts as free. The one name is v1's, the other v2's. */
function usedMemory({ usage = 0, stats }: MemoryStats): number {
  const inactive = stats?.["total_inactive_file"] ?? stats?.["inactive_file"] ?? 0;
  return inactive < usage ? usage - inactive : usage;
}

function formatNetwork({ networks }: ContainerStats): string {
  const all = Object.values(networks ?? {});
  const received = all.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0);
  const sent = all.reduce((sum, { tx_bytes }) => sum + tx_bytes, 0);
  return `${formatSize(received, 3)} / ${formatSize(sent, 3)}`;
}

function formatBlockIo({ blkio_stats: { io_service_bytes_recursive: entries } }: ContainerStats) {
  const sumOf = (first: string) =>
    (entries ?? [])
      .filter(({ op }) => op.toLowerCase().startsWith(first))
      .reduce((sum, { value }) => sum + value, 0);
  return `${formatSize(sumOf("r"), 3)} / ${formatSize(sumOf("w"), 3)}`;
}
