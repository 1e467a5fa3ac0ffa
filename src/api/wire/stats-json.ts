import type { BlockIoEntry, NetworkCounters, ResourceUsage } from "../../base/resource-usage.ts";
import { NEVER } from "../../base/time.ts";
import type { StatsSample, StatsView } from "../../engine/control-facade.ts";

/** One object of `GET /containers/{id}/stats`, as Docker 28 has it. */
export interface StatsJson {
  readonly name: string;
  readonly id: string;
  readonly read: string;
  readonly preread: string;
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: Readonly<Record<string, readonly BlockIoEntry[] | null>>;
  readonly num_procs: number;
  readonly storage_stats: object;
  readonly cpu_stats: CpuJson;
  readonly precpu_stats: CpuJson;
  readonly memory_stats: MemoryJson;
  readonly networks?: Readonly<Record<string, NetworkJson>>;
}

export interface CpuJson {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly percpu_usage?: readonly number[];
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data: {
    readonly periods: number;
    readonly throttled_periods: number;
    readonly throttled_time: number;
  };
}

export interface MemoryJson {
  readonly usage?: number;
  readonly max_usage?: number;
  readonly stats?: Readonly<Record<string, number>>;
  readonly failcnt?: number;
  readonly limit?: number;
}

export interface NetworkJson {
  readonly rx_bytes: number;
  readonly rx_packets: number;
  readonly rx_errors: number;
  readonly rx_dropped: number;
  readonly tx_bytes: number;
  readonly tx_packets: number;
  readonly tx_errors: number;
  readonly tx_dropped: number;
}

/** Of a container that does not run all numbers are 0 or absent, as Docker shows it. */
export function toStatsJson({ id, name, sample, previous }: StatsView): StatsJson {
  return {
    name: `/${name}`,
    id,
    read: sample?.readAt ?? NEVER,
    preread: previous?.readAt ?? NEVER,
    pids_stats: sample === undefined ? {} : toPids(sample.usage.pids),
    blkio_stats: toBlockIo(sample?.usage.blockIo),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: toCpu(sample),
    precpu_stats: toCpu(previous),
    memory_stats: sample === undefined ? {} : toMemory(sample),
    ...toNetworks(sample?.networks ?? {}),
  };
}

function toPids({ current, limit }: ResourceUsage["pids"]): StatsJson["pids_stats"] {
  return { current, ...(limit === undefined ? {} : { limit }) };
}

/** What v2 does not count is null, and so is all that no kernel counts any more. */
function toBlockIo(io: ResourceUsage["blockIo"] | undefined): StatsJson["blkio_stats"] {
  const isV1 = io?.operations !== undefined;
  const none = isV1 ? [] : null;
  return {
    io_service_bytes_recursive: io?.bytes ?? null,
    io_serviced_recursive: io?.operations ?? null,
    io_queue_recursive: none,
    io_service_time_recursive: none,
    io_wait_time_recursive: none,
    io_merged_recursive: none,
    io_time_recursive: none,
    sectors_recursive: none,
  };
}

function toCpu(sample: StatsSample | undefined): CpuJson {
  const cpu = sample?.usage.cpu;
  return {
    cpu_usage: {
      total_usage: cpu?.totalNs ?? 0,
      ...(cpu?.perCpuNs === undefined ? {} : { percpu_usage: cpu.perCpuNs }),
      usage_in_kernelmode: cpu?.systemNs ?? 0,
      usage_in_usermode: cpu?.userNs ?? 0,
    },
    ...(sample === undefined
      ? {}
      : { system_cpu_usage: sample.host.totalNs, online_cpus: sample.host.online }),
    throttling_data: {
      periods: cpu?.periods ?? 0,
      throttled_periods: cpu?.throttledPeriods ?? 0,
      throttled_time: cpu?.throttledNs ?? 0,
    },
  };
}

/** Where there is no limit, the host's memory is one. */
function toMemory({ usage, host }: StatsSample): MemoryJson {
  const { version, memory } = usage;
  return {
    usage: memory.bytes,
    ...(version === "1" && memory.peakBytes !== undefined ? { max_usage: memory.peakBytes } : {}),
    stats: memory.stats,
    ...(memory.failures === 0 ? {} : { failcnt: memory.failures }),
    limit: Math.min(memory.limitBytes ?? host.memoryBytes, host.memoryBytes),
  };
}

function toNetworks(
  networks: Readonly<Record<string, NetworkCounters>>,
): Pick<StatsJson, "networks"> {
  const entries = Object.entries(networks);
  if (entries.length === 0) return {};
  return { networks: Object.fromEntries(entries.map(([name, each]) => [name, toNetwork(each)])) };
}

function toNetwork(counters: NetworkCounters): NetworkJson {
  return {
    rx_bytes: counters.rxBytes,
    rx_packets: counters.rxPackets,
    rx_errors: counters.rxErrors,
    rx_dropped: counters.rxDropped,
    tx_bytes: counters.txBytes,
    tx_packets: counters.txPackets,
    tx_errors: counters.txErrors,
    tx_dropped: counters.txDropped,
  };
}
