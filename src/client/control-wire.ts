/** What a container uses, of what the daemon tells. */
export interface ContainerStats {
  readonly id: string;
  readonly name: string;
  /** RFC 3339; `0001-01-01T00:00:00Z` for one that does not run. */
  readonly read: string;
  readonly cpu_stats: CpuStats;
  /** Of the time before. */
  readonly precpu_stats: CpuStats;
  readonly memory_stats: MemoryStats;
  readonly pids_stats: { readonly current?: number; readonly limit?: number };
  readonly blkio_stats: {
    readonly io_service_bytes_recursive?:
      | readonly { readonly op: string; readonly value: number }[]
      | null;
  };
  readonly networks?: Readonly<
    Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>
  >;
}

/** In nanoseconds. */
export interface CpuStats {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly percpu_usage?: readonly number[] | null;
  };
  /** Of all processors together. */
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

/** In bytes. */
export interface MemoryStats {
  readonly usage?: number;
  readonly limit?: number;
  readonly stats?: Readonly<Record<string, number>> | null;
}

export interface ProcessTable {
  readonly Titles: readonly string[];
  readonly Processes?: readonly (readonly string[])[] | null;
}
