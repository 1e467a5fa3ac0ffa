import type { Filters } from "./filters.ts";

export interface Event {
  readonly type: "container" | "image" | "network" | "volume" | "daemon";
  readonly action: string;
  readonly actorId: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Nanoseconds since the epoch. */
  readonly timeNs: bigint;
}

export interface Events {
  /** Replays from `since`, then follows until `until` or until the signal. */
  subscribe(query: EventQuery, signal: AbortSignal): AsyncIterable<Event>;
}

export interface EventQuery {
  readonly since?: bigint;
  readonly until?: bigint;
  readonly filters: Filters;
}

export interface System {
  info(): Promise<SystemInfo>;
  version(): VersionInfo;
}

export interface VersionInfo {
  readonly version: string;
  readonly commit: string;
  readonly kernel: string;
  readonly os: string;
  readonly architecture: string;
  readonly bun: string;
  readonly builtAt: string;
}

export interface SystemInfo {
  readonly id: string;
  readonly containers: {
    readonly running: number;
    readonly paused: number;
    readonly stopped: number;
  };
  readonly images: number;
  readonly storageDriver: string;
  readonly storageStatus: readonly (readonly [string, string])[];
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly kernel: string;
  readonly operatingSystem: string;
  readonly osVersion: string;
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly name: string;
  readonly cgroupDriver: "cgroupfs";
  readonly cgroupVersion: "1" | "2";
  /** Limits that the kernel can and cannot hold, such as `memory`, `swap`, `pids`, `cpuset`. */
  readonly limits: Readonly<Record<string, boolean>>;
  readonly securityOptions: readonly string[];
  /** What this host lacks, one sentence each; also shown by `sampan info`. */
  readonly warnings: readonly string[];
  readonly ipForwarding: boolean;
  readonly logDrivers: readonly string[];
  readonly bridge: { readonly name: string; readonly subnet: string };
}
