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
  readonly ImagesDeleted?: readonly ImageRemoval[] | null;
  readonly SpaceReclaimed: number;
}

export interface ImageRemoval {
  readonly Untagged?: string;
  readonly Deleted?: string;
}

/** A line of the stream that import, load and pull answer with. */
export interface ProgressLine {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
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
