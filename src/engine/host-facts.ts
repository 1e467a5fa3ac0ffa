/** What the daemon found out about its host when it started. */
export interface HostFacts {
  readonly kernel: string;
  readonly operatingSystem: string;
  readonly osVersion: string;
  /** As `uname -m` has it. */
  readonly architecture: string;
  readonly hostname: string;
  /** The processors that the daemon may run on. */
  readonly cpus: number;
  /** Those that the host has. */
  readonly presentCpus: number;
  readonly memoryBytes: number;
  readonly cgroupVersion: "1" | "2";
  /** What a container that shares the host's user namespace can have at most. */
  readonly capabilities: readonly string[];
  /** Limits that the kernel can (true) and cannot (false) hold; see {@link LimitName}. */
  readonly limits: Readonly<Partial<Record<LimitName, boolean>>>;
  readonly securityOptions: readonly string[];
  /** What this host lacks, one sentence each. */
  readonly warnings: readonly string[];
  readonly ipForwarding: boolean;
  /** 0: there are none, and every container has the host's. */
  readonly maxUserNamespaces: number;
  /** Whether a container with a user namespace of its own may mount these. */
  readonly mountsProc: boolean;
  readonly mountsSysfs: boolean;
}

/** The limits that not every kernel has. One that is not told of is taken to be there. */
export type LimitName =
  | "memory"
  | "swap"
  | "memoryReservation"
  | "swappiness"
  | "oomKillDisable"
  | "cpuShares"
  | "cpuQuota"
  | "cpuRealtime"
  | "cpuset"
  | "pids"
  | "blkioWeight"
  | "blkioThrottle";
