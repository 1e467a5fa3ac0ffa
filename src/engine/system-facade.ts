import type { StoreUsage } from "../store/disk-usage.ts";
import type { ContainerView } from "./facade.ts";
import type { Filters } from "./filters.ts";
import type { ImageView } from "./image-facade.ts";
import type { VolumeView } from "./volume-facade.ts";

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
  /** What takes room on the disk; two who ask at the same time share one answer. */
  diskUsage(kinds: readonly DiskUsageKind[]): Promise<DiskUsageView>;
  /** Looks whether all that is stored is whole; fails at once where another check runs. */
  check(options: CheckOptions): AsyncIterable<CheckEvent>;
}

export interface CheckOptions {
  /** Reads contents too. */
  readonly isDeep: boolean;
  readonly repairs: boolean;
}

/** What a check tells while it runs; a summary is the last. */
export type CheckEvent =
  | { readonly kind: "status"; readonly text: string }
  | { readonly kind: "finding"; readonly finding: CheckFinding }
  | {
      readonly kind: "summary";
      readonly counts: Readonly<Record<CheckedThing, number>>;
      readonly findings: number;
      readonly mended: number;
    };

export type CheckedThing = "blobs" | "layers" | "images" | "snapshots" | "mounts";

export interface CheckFinding {
  readonly kind: string;
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
  readonly mended: boolean;
}

export type DiskUsageKind = "container" | "image" | "volume" | "build-cache";

/** The lists that were asked for, and what all of it takes in the data root. */
export interface DiskUsageView {
  readonly images?: { readonly list: readonly ImageView[]; readonly layersBytes: number };
  readonly containers?: readonly ContainerUsage[];
  readonly volumes?: readonly VolumeUsage[];
  /** In the bytes that `du` counts; all else here is in the lengths of files, as Docker's sizes are. */
  readonly store: StoreUsage;
}

export interface ContainerUsage {
  readonly view: ContainerView;
  /** Of its log files. */
  readonly logBytes: number;
}

/** Of one that is not mounted from elsewhere. */
export interface VolumeUsage extends VolumeView {
  readonly sizeBytes: number;
  /** How many containers have it. */
  readonly users: number;
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
  /** Of new containers. */
  readonly storageDriver: "overlay" | "copy";
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
  /** Of containers that ask for no other. */
  readonly logDriver: string;
  readonly logDrivers: readonly string[];
  /** Of the Container Device Interface: where its files are, and the names of the devices in them. */
  readonly cdi: { readonly directories: readonly string[]; readonly devices: readonly string[] };
  readonly registries: {
    /** URLs that are asked first for images of docker.io. */
    readonly mirrors: readonly string[];
    /** Hosts and CIDR ranges that need not be asked by https. */
    readonly insecure: readonly string[];
    /** By which they are reached. */
    readonly proxies: { readonly http?: string; readonly https?: string; readonly no?: string };
  };
  readonly bridge: { readonly name: string; readonly subnet: string };
  /** How many clients follow the events. */
  readonly eventListeners: number;
}
