import type { Device, Resources, Rlimit } from "../oci/runtime-spec.ts";

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
  readonly tty: boolean;
  readonly openStdin: boolean;
  /** Stdin ends when the first attached client's does. */
  readonly stdinOnce: boolean;
  readonly attach: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Empty: the image's, else SIGTERM. */
  readonly stopSignal: string;
  readonly stopTimeoutSeconds?: number;
  readonly networkDisabled: boolean;
  readonly host: HostOptions;
}

/** How the container is tied to the host. */
export interface HostOptions {
  readonly autoRemove: boolean;
  readonly binds: readonly MountRequest[];
  readonly network: NetworkMode;
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
  /** OCI resources, without the device rules (they follow from `devices` and `deviceCgroupRules`). */
  readonly resources: Omit<Resources, "devices">;
  readonly deviceCgroupRules: readonly string[];
  readonly ulimits: readonly Rlimit[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly oomScoreAdj: number;
  readonly shmBytes: number;
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
  /** Docker's HostConfig as it came, for inspect to show fields that have no meaning here. */
  readonly asked: Readonly<Record<string, unknown>>;
}

export type NetworkMode =
  | { readonly kind: "bridge" | "none" | "host" }
  | { readonly kind: "container"; readonly container: string };

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
  readonly driver: "json-file" | "none";
  readonly options: Readonly<Record<string, string>>;
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

export interface DeviceRequest extends Pick<Device, "path"> {
  readonly hostPath: string;
  /** Some of `rwm`. */
  readonly access: string;
}

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
