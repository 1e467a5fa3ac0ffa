/** What a container has used, as the kernel has counted it. Bytes and nanoseconds. */
export interface ResourceUsage {
  /** How the cgroups are that counted: some numbers are only in one version. */
  readonly version: "1" | "2";
  readonly cpu: CpuUsage;
  readonly memory: MemoryUsage;
  readonly pids: { readonly current: number; readonly limit: number | undefined };
  readonly blockIo: BlockIoUsage;
}

export interface CpuUsage {
  readonly totalNs: number;
  readonly userNs: number;
  readonly systemNs: number;
  /** v1 alone. */
  readonly perCpuNs?: readonly number[];
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledNs: number;
}

export interface MemoryUsage {
  readonly bytes: number;
  /** The most that it was; v2 has it since Linux 5.19. */
  readonly peakBytes: number | undefined;
  readonly limitBytes: number | undefined;
  /** How often the limit was in the way. */
  readonly failures: number;
  /** `memory.stat` as it stands; its names differ between the versions. */
  readonly stats: Readonly<Record<string, number>>;
}

export interface BlockIoUsage {
  readonly bytes: readonly BlockIoEntry[];
  /** v1 alone. */
  readonly operations?: readonly BlockIoEntry[];
}

export interface BlockIoEntry {
  readonly major: number;
  readonly minor: number;
  readonly op: string;
  readonly value: number;
}

/** What went through a network interface. */
export interface NetworkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** What all of the host's processors did since it was started. */
export interface HostCpu {
  readonly totalNs: number;
  readonly online: number;
}

/** What a container's cgroup tells of memory at its end. */
export interface MemoryEnd {
  /** How many of its processes the kernel killed for want of memory. */
  readonly oomKills: number;
  /** Undefined: as much as the host has. */
  readonly limitBytes?: number;
  /** The most that was used; undefined where this kernel does not tell. */
  readonly peakBytes?: number;
}
