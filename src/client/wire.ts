/** The parts of the API's answers that a client reads. Absent fields are those an older daemon lacks. */
export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly ImageID: string;
  readonly Command: string;
  /** Seconds since the epoch. */
  readonly Created: number;
  readonly State: string;
  readonly Status: string;
  readonly Ports?: readonly PortSummary[] | null;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  /** Sampan's own. */
  readonly SizeLog?: number;
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, unknown>> | null };
  readonly Mounts?: readonly MountSummary[] | null;
}

export interface PortSummary {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

export interface MountSummary {
  readonly Name?: string;
  readonly Source: string;
  readonly Driver?: string;
}

export interface ImageSummary {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  /** Seconds since the epoch. */
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize?: number;
  readonly Containers?: number;
}

export interface NetworkSummary {
  readonly Id: string;
  readonly Name: string;
  /** RFC 3339. */
  readonly Created: string;
  readonly Driver: string;
  readonly Scope: string;
  readonly EnableIPv4?: boolean;
  readonly EnableIPv6?: boolean;
  readonly Internal?: boolean;
  readonly Labels?: Readonly<Record<string, string>> | null;
}

export interface HistoryEntry {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Size: number;
  readonly Comment: string;
}

export interface ContainerDetails {
  readonly Id: string;
  readonly Name: string;
  readonly State: {
    readonly Running: boolean;
    readonly Paused: boolean;
    readonly Restarting: boolean;
    readonly Status: string;
    readonly ExitCode: number;
    readonly Pid: number;
  };
  readonly Config: {
    readonly Tty: boolean;
    readonly OpenStdin: boolean;
    readonly AttachStdin: boolean;
    readonly AttachStdout: boolean;
    readonly AttachStderr: boolean;
  };
  readonly HostConfig: { readonly AutoRemove: boolean };
  readonly NetworkSettings?: { readonly Ports?: PortMap | null };
}

/** Where a container's ports, such as `80/tcp`, are published; null or none for one that is not. */
export type PortMap = Readonly<Record<string, readonly PublishedPort[] | null>>;

export interface PublishedPort {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** What of a container is to change while it runs. Docker's limits are as in its HostConfig. */
export interface ContainerUpdate {
  readonly [limit: string]: unknown;
  readonly RestartPolicy?: { readonly Name: string; readonly MaximumRetryCount: number };
  /** Sampan's own: ports to publish, with an empty `HostPort` for one that the daemon chooses. */
  readonly PublishAdd?: PortMap;
  /** Sampan's own: ports not to publish any more; an empty `HostIp` or `HostPort` is any. */
  readonly PublishRemove?: PortMap;
}

export interface Updated {
  readonly Warnings?: readonly string[] | null;
}

export interface Created {
  readonly Id: string;
  readonly Warnings?: readonly string[] | null;
}

export interface ExitStatus {
  readonly StatusCode: number;
  readonly Error?: { readonly Message: string } | null;
}

export interface ExecDetails {
  readonly Running: boolean;
  readonly ExitCode: number | null;
}

export interface Pruned {
  readonly ContainersDeleted?: readonly string[] | null;
  /** By name. */
  readonly NetworksDeleted?: readonly string[] | null;
  readonly VolumesDeleted?: readonly string[] | null;
  readonly ImagesDeleted?: readonly ImageRemoval[] | null;
  /** Absent for what takes no room. */
  readonly SpaceReclaimed?: number;
}

export interface ImageRemoval {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

/** A line of the stream that import, load, pull and push answer with. */
export interface ProgressLine {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  /** What older daemons say in the place of `progressDetail`. */
  readonly progress?: string;
  readonly progressDetail?: ProgressDetail;
  /** For the client itself, such as the digest of what was pushed. */
  readonly aux?: unknown;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

/** How far a thing is; in bytes where no units are named. */
export interface ProgressDetail {
  readonly current?: number;
  readonly total?: number;
  readonly units?: string;
  readonly hidecounts?: boolean;
}

/** Credentials for a registry; in a request's header as in the body of a login. */
export interface RegistryAuth {
  readonly username?: string;
  readonly password?: string;
  readonly serveraddress?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export interface LoginAnswer {
  readonly Status?: string;
  readonly IdentityToken?: string;
}

export interface SearchResult {
  readonly name: string;
  readonly description: string;
  readonly star_count: number;
  readonly is_official: boolean;
}

/** What takes room on the daemon's disk. */
export interface DiskUsage {
  readonly LayersSize?: number;
  readonly Images?: readonly ImageSummary[] | null;
  readonly Containers?: readonly ContainerSummary[] | null;
  readonly Volumes?: readonly VolumeSummary[] | null;
  readonly BuildCache?: readonly BuildCacheUsage[] | null;
  /** Sampan's own: where the data root's bytes are, by what they are for. */
  readonly SampanUsage?: Readonly<Record<string, number>>;
}

export interface VolumeSummary {
  readonly Name: string;
  readonly Driver: string;
  readonly Mountpoint: string;
  readonly Scope: string;
  readonly Labels?: Readonly<Record<string, string>> | null;
  /** Only where it is asked for; -1 for what is not known. */
  readonly UsageData?: { readonly RefCount: number; readonly Size: number } | null;
}

export interface BuildCacheUsage {
  readonly ID: string;
  readonly Parent?: string;
  readonly Type: string;
  readonly Description?: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
  readonly LastUsedAt?: string | null;
  readonly UsageCount: number;
}

/** A line of the stream that a check of the store answers with. */
export interface CheckLine {
  readonly status?: string;
  readonly finding?: CheckFinding;
  /** The last one. */
  readonly summary?: CheckSummary;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
}

export interface CheckFinding {
  readonly kind: string;
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
  readonly mended: boolean;
}

export interface CheckSummary {
  readonly blobs: number;
  readonly layers: number;
  readonly images: number;
  readonly snapshots: number;
  readonly mounts: number;
  readonly findings: number;
  readonly mended: number;
}

export interface EventMessage {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes?: Readonly<Record<string, string>> };
  readonly scope?: string;
  readonly time: number;
  /** A number beyond what a double holds; see {@link parseExact}. */
  readonly timeNano: unknown;
}

/** The name of an image, as requests to a registry need it. */
export interface ImageName {
  /** Such as `docker.io`. */
  readonly registry: string;
  /** In full, such as `docker.io/library/busybox`. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
}
