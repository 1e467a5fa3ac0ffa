import type { Duplex } from "node:stream";
import type { ExplainedPlan } from "../base/explained-plan.ts";
import type { Filters } from "./filters.ts";
import type { Images } from "./image-facade.ts";
import type { ContainerConfig, ContainerState } from "./model.ts";
import type { Events, System } from "./system-facade.ts";

/**
 * What the API asks of the engine: one interface a resource. `ref` is always an id, a unique prefix
 * of one, or a name, as the user wrote it; an unknown one throws `not-found` with Docker's text.
 */
export interface Engine {
  readonly containers: Containers;
  readonly execs: Execs;
  readonly images: Images;
  readonly events: Events;
  readonly system: System;
}

export interface Containers {
  create(request: CreateRequest): Promise<Created>;
  /** The plan that create and start would carry out, without doing either. */
  explain(request: CreateRequest): Promise<ExplainedPlan>;
  /** The plan of a container as it last ran, with what each step and phase took. */
  trace(ref: string): Promise<ExplainedPlan>;
  start(ref: string): Promise<"started" | "already-running">;
  stop(ref: string, options: StopOptions): Promise<"stopped" | "already-stopped">;
  restart(ref: string, options: StopOptions): Promise<void>;
  /** `signal` is a name with or without SIG, or a number as text. */
  kill(ref: string, signal: string): Promise<void>;
  rename(ref: string, name: string): Promise<void>;
  resize(ref: string, size: WindowSize): Promise<void>;
  remove(ref: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  /** Finds the container at once; the exit code stays to be had when it is removed meanwhile. */
  wait(ref: string, condition: WaitCondition, signal: AbortSignal): Promise<Waiting>;
  list(query: ContainerQuery): Promise<readonly ContainerView[]>;
  get(ref: string, options?: { readonly size?: boolean }): Promise<ContainerView>;
  /** Checks first; the entries then come as they are there, and with `follow` until the end. */
  logs(ref: string, query: LogQuery, signal: AbortSignal): Promise<Logs>;
  /** Checks first; the returned function then serves a client until either side ends. */
  attach(ref: string, options: AttachOptions): Promise<Session>;
  prune(filters: Filters): Promise<Pruned>;
}

export interface CreateRequest {
  /** Undefined: one is made up. */
  readonly name?: string;
  readonly platform?: string;
  readonly config: ContainerConfig;
}

export interface Created {
  readonly id: string;
  readonly warnings: readonly string[];
}

export interface StopOptions {
  /** Undefined: the container's own. Negative: for ever. */
  readonly timeoutSeconds?: number;
  readonly signal?: string;
}

export interface WindowSize {
  readonly rows: number;
  readonly columns: number;
}

export type WaitCondition = "not-running" | "next-exit" | "removed";

export interface Waiting {
  readonly done: Promise<{ readonly exitCode: number; readonly error?: string }>;
}

export interface ContainerQuery {
  readonly all: boolean;
  readonly limit?: number;
  readonly size: boolean;
  readonly filters: Filters;
}

/** All that list and inspect show. */
export interface ContainerView {
  readonly id: string;
  /** Without the slash that Docker puts before it. */
  readonly name: string;
  /** RFC 3339 with nanoseconds, as all times here. */
  readonly createdAt: string;
  readonly config: ContainerConfig;
  /** What config and image together come to. */
  readonly effective: {
    readonly path: string;
    readonly args: readonly string[];
    readonly entrypoint: readonly string[] | undefined;
    readonly command: readonly string[] | undefined;
    readonly env: readonly string[];
    readonly workingDir: string;
    readonly user: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly hostname: string;
    readonly stopSignal: string;
    readonly exposedPorts: readonly string[];
    readonly volumes: readonly string[];
  };
  readonly imageId: string;
  readonly state: ContainerState;
  readonly mounts: readonly MountView[];
  readonly network: NetworkView;
  readonly execIds: readonly string[];
  readonly restartCount: number;
  readonly logPath: string;
  readonly hostnamePath: string;
  readonly hostsPath: string;
  readonly resolvConfPath: string;
  /** Where container root is on the host; `host` where they are the same. */
  readonly userNamespace: { readonly hostId: number; readonly size: number } | "host";
  readonly overlay: {
    readonly lower: readonly string[];
    readonly upper: string;
    readonly work: string;
  };
  readonly size?: { readonly writableBytes: number; readonly rootBytes: number };
}

export interface MountView {
  readonly kind: "bind" | "volume" | "tmpfs";
  readonly name?: string;
  readonly source: string;
  readonly target: string;
  readonly mode: string;
  readonly writable: boolean;
  readonly propagation: string;
  readonly driver?: string;
}

export interface NetworkView {
  /** `bridge`, `none`, `host` or `container:<id>`. */
  readonly mode: string;
  /** Id of the network that `mode` names; empty for container:. */
  readonly networkId: string;
  readonly endpointId: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  readonly macAddress: string;
  readonly namespacePath: string;
}

export interface LogQuery {
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly follow: boolean;
  /** Nanoseconds since the epoch. */
  readonly since?: bigint;
  readonly until?: bigint;
  /** Undefined: all. */
  readonly tail?: number;
}

export interface Logs {
  readonly tty: boolean;
  /** Batches, oldest first: few awaits for many lines. */
  readonly entries: AsyncIterable<readonly LogEntry[]>;
}

export interface LogEntry {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nine digits of a second. */
  readonly time: string;
  /** With its line end, where it has one. */
  readonly line: Uint8Array;
}

export interface AttachOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly logs: boolean;
  readonly stream: boolean;
  /** Docker's notation; undefined: ctrl-p,ctrl-q. */
  readonly detachKeys?: string;
}

/**
 * A client's connection to a container. Without a terminal, what is written to the client has
 * Docker's 8-byte frame heads; with one it is raw. serve() ends when the stream is over; the
 * client's end of input is passed on and does not end the output.
 */
export interface Session {
  readonly tty: boolean;
  serve(client: Duplex): Promise<void>;
}

export interface Pruned {
  readonly deleted: readonly string[];
  readonly reclaimedBytes: number;
}

export interface Execs {
  create(container: string, config: ExecConfig): Promise<string>;
  /** Starts it attached. A program that cannot start is told in the stream, and by the exit code. */
  start(id: string, options: ExecStart): Promise<Session>;
  startDetached(id: string, options: ExecStart): Promise<void>;
  resize(id: string, size: WindowSize): Promise<void>;
  get(id: string): Promise<ExecView>;
}

export interface ExecConfig {
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly privileged: boolean;
  readonly tty: boolean;
  readonly attach: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  readonly detachKeys?: string;
}

export interface ExecStart {
  readonly tty?: boolean;
  readonly consoleSize?: WindowSize;
}

export interface ExecView {
  readonly id: string;
  readonly containerId: string;
  readonly config: ExecConfig;
  readonly running: boolean;
  /** Undefined until it ended. */
  readonly exitCode?: number;
  readonly pid: number;
}
