import type { Duplex } from "node:stream";
import type { ExplainedPlan } from "../base/explained-plan.ts";
import type { Control } from "./control-facade.ts";
import type { Files } from "./files-facade.ts";
import type { Filters } from "./filters.ts";
import type { EffectiveHealthcheck } from "./health/healthcheck.ts";
import type { Images } from "./image-facade.ts";
import type {
  ContainerConfig,
  ContainerState,
  EndpointRequest,
  Health,
  PortProtocol,
  PortRequest,
  RestartPolicy,
} from "./model.ts";
import type { Networks } from "./network-facade.ts";
import type { Registries } from "./registry-facade.ts";
import type { Events, System } from "./system-facade.ts";
import type { Volumes } from "./volume-facade.ts";

/**
 * What the API asks of the engine: one interface a resource. `ref` is always an id, a unique prefix
 * of one, or a name, as the user wrote it; an unknown one throws `not-found` with Docker's text.
 */
export interface Engine {
  readonly containers: Containers;
  readonly control: Control;
  readonly execs: Execs;
  readonly files: Files;
  readonly images: Images;
  readonly networks: Networks;
  readonly registries: Registries;
  readonly volumes: Volumes;
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
  /** Publishes and withdraws ports while the container runs, and from its next start on. */
  updatePorts(ref: string, change: PortChange): Promise<void>;
  updateRestartPolicy(ref: string, policy: RestartPolicy): Promise<void>;
  resize(ref: string, size: WindowSize): Promise<void>;
  remove(ref: string, options: { force: boolean; volumes: boolean; link: boolean }): Promise<void>;
  /** Finds the container at once; the exit code stays to be had when it is removed meanwhile. */
  wait(ref: string, condition: WaitCondition, signal: AbortSignal): Promise<Waiting>;
  list(query: ContainerQuery): Promise<readonly ContainerView[]>;
  get(ref: string, options?: { readonly size?: boolean }): Promise<ContainerView>;
  /** Checks first; the entries then come as they are there, and with `follow` until the end. */
  logs(ref: string, query: LogQuery, signal: AbortSignal): Promise<Logs>;
  /** Empties the log, of a container that runs too. */
  clearLogs(ref: string): Promise<void>;
  /** Checks first; the returned function then serves a client until either side ends. */
  attach(ref: string, options: AttachOptions): Promise<Session>;
  prune(filters: Filters): Promise<Pruned>;
}

/** Ports to publish, and those not to publish any more. */
export interface PortChange {
  readonly add: readonly PortRequest[];
  /** Host port 0: wherever the container's port is published. */
  readonly remove: readonly PortRequest[];
}

export interface CreateRequest {
  /** Undefined: one is made up. */
  readonly name?: string;
  readonly platform?: string;
  /** In the place of the container that has this name, if there is one. */
  readonly replace?: boolean;
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

export type WaitCondition = "not-running" | "next-exit" | "removed" | "healthy";

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
    /** Undefined: neither config nor image say anything of it. */
    readonly healthcheck?: EffectiveHealthcheck;
  };
  readonly imageId: string;
  readonly state: ContainerState;
  /** Undefined: it has no check, or was never started. */
  readonly health?: Health;
  readonly mounts: readonly MountView[];
  readonly network: ContainerNetworkView;
  readonly execIds: readonly string[];
  readonly restartCount: number;
  readonly logPath: string;
  readonly hostnamePath: string;
  readonly hostsPath: string;
  readonly resolvConfPath: string;
  /** Where container root is on the host; `host` where they are the same. */
  readonly userNamespace: { readonly hostId: number; readonly size: number } | "host";
  readonly storage: {
    readonly driver: "overlay" | "copy";
    /** None with the driver `copy`. */
    readonly lowers: readonly string[];
    readonly upper: string;
    readonly work: string;
  };
  readonly size?: { readonly writableBytes: number; readonly rootBytes: number };
}

export interface MountView {
  readonly kind: "bind" | "volume" | "tmpfs" | "image";
  readonly name?: string;
  readonly source: string;
  readonly target: string;
  readonly mode: string;
  readonly writable: boolean;
  readonly propagation: string;
  readonly driver?: string;
}

export interface ContainerNetworkView {
  /** A network's name, `none`, `host` or `container:<id>`. */
  readonly mode: string;
  /** Empty while it does not run. */
  readonly namespacePath: string;
  readonly endpoints: readonly EndpointView[];
  /** Empty while it does not run. */
  readonly ports: readonly PublishedPortView[];
}

/** A container's place on a network; what it has only while it runs is empty otherwise. */
export interface EndpointView {
  readonly network: string;
  readonly networkId: string;
  readonly request: EndpointRequest;
  readonly endpointId: string;
  readonly macAddress: string;
  readonly ipv4: AddressView;
  readonly ipv6: AddressView;
  readonly names: readonly string[];
}

/** An address in its subnet; empty where there is none. */
export interface AddressView {
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
}

/** A port of a container, and where it is reached on the host. */
export interface PublishedPortView {
  readonly containerPort: number;
  readonly protocol: PortProtocol;
  /** `0.0.0.0` and `::` stand for all addresses. */
  readonly hostAddress: string;
  readonly hostPort: number;
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
  /** Each line begins with its time, and with what the log driver noted of the container. */
  readonly timestamps?: boolean;
  readonly details?: boolean;
}

export interface Logs {
  readonly tty: boolean;
  /** Oldest first, many lines at once, each in a frame of its own; without frames on a terminal. */
  readonly output: AsyncIterable<Uint8Array>;
}

export interface LogEntry {
  readonly stream: "stdout" | "stderr";
  /** RFC 3339 with nine digits of a second. */
  readonly time: string;
  /** With its line end, where it has one. */
  readonly line: Uint8Array;
  /** What the log driver noted of the container. */
  readonly attributes?: Readonly<Record<string, string>>;
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
