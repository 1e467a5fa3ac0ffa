import type { Resources, Rlimit } from "../oci/runtime-spec.ts";
import type { DeviceRequest, NamedDevices } from "./devices/device-request.ts";

/**
 * What a user asks for when creating a container, in this project's own terms. `src/api/wire` makes
 * it from Docker's JSON and refuses what it cannot say; everything below works from this alone.
 * Sizes are bytes, times milliseconds, unless the name says otherwise.
 */
export interface ContainerConfig {
  /** The image as the user wrote it. */
  readonly image: string;
  /** Undefined: 12 hex digits of the container's id. */
  readonly hostname?: string;
  readonly domainname: string;
  /** `name|uid[:group|gid]`; empty: the image's. */
  readonly user: string;
  /** `KEY=value`, or `KEY` to remove one that the image sets. */
  readonly env: readonly string[];
  /** Undefined: the image's. Empty: none, also when the image has one. */
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  /** Empty: the image's, else `/`. */
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Paths that get an anonymous volume. */
  readonly volumes: readonly string[];
  readonly exposedPorts: readonly string[];
  /** What is asked of the networks that the container is to be on, that of `host.network` among them. */
  readonly endpoints: readonly EndpointRequest[];
  readonly tty: boolean;
  readonly openStdin: boolean;
  /** Stdin ends when the first attached client's does. */
  readonly stdinOnce: boolean;
  readonly attach: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Empty: the image's, else SIGTERM. */
  readonly stopSignal: string;
  readonly stopTimeoutSeconds?: number;
  readonly networkDisabled: boolean;
  /** As asked; what is left out is the image's. */
  readonly healthcheck?: Healthcheck;
  readonly host: HostOptions;
}

/** How it is found out whether a container is well. What is left out is the image's, else Docker's default. */
export interface Healthcheck {
  /** `NONE`, `CMD …`, `CMD-SHELL …`, `TCP [host:]port` or `HTTP url`. */
  readonly test?: readonly string[];
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  /** How long failures do not count after the start. */
  readonly startPeriodMs?: number;
  readonly startIntervalMs?: number;
  readonly retries?: number;
}

/** What the checks of a container have found. */
export interface Health {
  readonly status: "starting" | "healthy" | "unhealthy";
  readonly failingStreak: number;
  /** The last few, oldest first. */
  readonly log: readonly HealthResult[];
}

/** What one check has found. */
export interface HealthResult {
  readonly startedAt: string;
  readonly endedAt: string;
  /** 0: it is well. -1: the check itself came to no end. */
  readonly exitCode: number;
  readonly output: string;
}

/** How the container is tied to the host. */
export interface HostOptions {
  /** A directory of the host that is the container's root, in place of an image. */
  readonly rootfs?: string;
  readonly autoRemove: boolean;
  /** Undefined: `no`. */
  readonly restart?: RestartPolicy;
  /** What is done to a container that its checks find unhealthy. Undefined: nothing. */
  readonly onUnhealthy?: "kill" | "restart" | "stop";
  /** It is killed when it has run for so long. */
  readonly timeLimitSeconds?: number;
  readonly binds: readonly MountRequest[];
  readonly volumesFrom: readonly VolumesFrom[];
  readonly network: NetworkMode;
  readonly publish: readonly PortRequest[];
  /** Publishes every exposed port, at a port of the host that is free. */
  readonly publishAll: boolean;
  /** `container` or `container:alias`, on the default bridge. */
  readonly links: readonly string[];
  readonly pid: NamespaceMode;
  readonly ipc: NamespaceMode | { readonly kind: "shareable" | "none" };
  readonly uts: "private" | "host";
  readonly user: "auto" | "private" | "host";
  /** Undefined: as Docker, private on cgroup v2 and the host's on v1. */
  readonly cgroup?: "private" | "host";
  readonly cgroupParent: string;
  readonly privileged: boolean;
  readonly readonlyRoot: boolean;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly security: SecurityOptions;
  /** Undefined: Docker's defaults. */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly groupAdd: readonly string[];
  readonly devices: readonly DeviceRequest[];
  /** Undefined: none. */
  readonly namedDevices?: readonly NamedDevices[];
  /** OCI resources, without the device rules (they follow from `devices` and `deviceCgroupRules`). */
  readonly resources: Omit<Resources, "devices">;
  readonly deviceCgroupRules: readonly string[];
  readonly ulimits: readonly Rlimit[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly oomScoreAdj: number;
  readonly shmBytes: number;
  /** How much the container may write to its root file system; 0: as much as there is. */
  readonly rootSizeBytes: number;
  /** Run `sampan-init`'s reaper as PID 1. Undefined: no. */
  readonly init?: boolean;
  readonly log: LogOptions;
  readonly extraHosts: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly consoleSize?: { readonly rows: number; readonly columns: number };
  readonly annotations: Readonly<Record<string, string>>;
  /** The client's `--cidfile`; only shown back. */
  readonly idFile: string;
  /** Docker's HostConfig as it came, but for its ports: inspect shows fields that have no meaning here. */
  readonly asked: Readonly<Record<string, unknown>>;
}

/** Whether a container whose program has ended is started again. */
export interface RestartPolicy {
  readonly name: "no" | "always" | "on-failure" | "unless-stopped";
  /** Of `on-failure`; 0: no limit. */
  readonly maxRetries: number;
}

export type NetworkMode =
  | { readonly kind: "none" | "host" }
  | { readonly kind: "container"; readonly container: string }
  /** By name or id as the user wrote it; the default bridge is `bridge`. */
  | { readonly kind: "network"; readonly network: string };

/** How a container is to be on a network. */
export interface EndpointRequest {
  /** By name or id as the user wrote it. */
  readonly network: string;
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly linkLocal: readonly string[];
  /** Further names that the others on the network find it by. */
  readonly aliases: readonly string[];
  /** `container` or `container:alias`. */
  readonly links: readonly string[];
  readonly macAddress?: string;
  readonly driverOptions: Readonly<Record<string, string>>;
  /** The default route goes to the network with the highest. */
  readonly gatewayPriority: number;
}

export type PortProtocol = "tcp" | "udp" | "sctp";

/** A port of the container that is to be reached by one of the host. */
export interface PortRequest {
  readonly containerPort: number;
  readonly protocol: PortProtocol;
  /** Empty: all addresses of the host. */
  readonly hostAddress: string;
  /** The first of these that is free; both 0: any. */
  readonly hostPorts: { readonly first: number; readonly last: number };
}

export type NamespaceMode =
  | { readonly kind: "private" | "host" }
  | { readonly kind: "container"; readonly container: string };

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** `unconfined`, Docker's default profile, or a profile in Docker's JSON form. */
  readonly seccomp: "default" | "unconfined" | { readonly profile: string };
  readonly unconfinedPaths: boolean;
  /** As given, for inspect. */
  readonly asked: readonly string[];
}

export interface LogOptions {
  /** `default`, which only a request may say: the daemon's. */
  readonly driver:
    | "default"
    | "json-file"
    | "local"
    | "none"
    | "syslog"
    | "journald"
    | "fluentd"
    | "gelf";
  readonly options: Readonly<Record<string, string>>;
}

/** Another container whose binds and volumes are to be mounted in the same places. */
export interface VolumesFrom {
  /** By name or id as the user wrote it. */
  readonly container: string;
  readonly readonly: boolean;
}

/** A `-v`, `--mount` or `--tmpfs`, before names are resolved. */
export type MountRequest =
  | {
      readonly kind: "bind";
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
      /** `-v` makes a missing source directory, `--mount` refuses it. */
      readonly createSource: boolean;
      readonly propagation: string;
      readonly recursive: boolean;
      /** What is written goes elsewhere, and is gone when the container ends. */
      readonly overlay?: boolean;
      /** The directory's owner is the container's user, and the other way round. */
      readonly idMap?: "match-user";
      /** Where it is read-only: what is mounted beneath it is not. */
      readonly writableBelow?: boolean;
      /** As the user wrote it, for inspect's `Mode`. */
      readonly mode: string;
      readonly via: "binds" | "mounts";
    }
  | {
      readonly kind: "volume";
      /** Empty: an anonymous volume. */
      readonly source: string;
      readonly target: string;
      readonly readonly: boolean;
      readonly noCopy: boolean;
      /** What of the volume is mounted, from its top; undefined: all of it. */
      readonly subpath?: string;
      /** Of the volume, where it is made for this. */
      readonly labels?: Readonly<Record<string, string>>;
      readonly options?: Readonly<Record<string, string>>;
      readonly mode: string;
      readonly via: "binds" | "mounts";
    }
  | {
      readonly kind: "image";
      /** As the user wrote it. */
      readonly source: string;
      readonly target: string;
      readonly readonly: true;
      /** What of the image is mounted, from its top; undefined: all of it. */
      readonly subpath?: string;
      readonly mode: string;
      readonly via: "binds" | "mounts";
    }
  | {
      readonly kind: "tmpfs";
      readonly target: string;
      readonly readonly: boolean;
      /** mount(8) options such as `size=64m,mode=1777`. */
      readonly options: readonly string[];
      readonly via: "tmpfs" | "mounts";
    };

/** Docker's words. `removing` and `dead` are only seen while a removal is under way or has failed. */
export type Status =
  | "created"
  | "running"
  | "paused"
  | "restarting"
  | "removing"
  | "exited"
  | "dead";

/** What is known of a container's life. Times are nanoseconds since the epoch, as texts in RFC 3339. */
export interface ContainerState {
  readonly status: Status;
  readonly pid: number;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why it did not start or stop as asked; empty where there is nothing to say. */
  readonly error: string;
  /** RFC 3339 with nanoseconds; `0001-01-01T00:00:00Z` where it never happened. */
  readonly startedAt: string;
  readonly finishedAt: string;
}
