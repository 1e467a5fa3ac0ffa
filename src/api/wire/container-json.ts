import type { ContainerView } from "../../engine/facade.ts";
import type { ApiVersion } from "../version.ts";
import { type EndpointJson, toEndpoints } from "./endpoint-json.ts";
import { type HealthJson, toHealth, toHealthConfig } from "./healthcheck.ts";
import { type HostConfigJson, toHostConfigJson } from "./host-config-json.ts";
import { type MountJson, toMountJson } from "./mount-json.ts";
import { type PortMapJson, toPortMap } from "./port-bindings.ts";

/** `GET /containers/{id}/json`, as Docker 28 has it. */
export interface ContainerJson {
  readonly Id: string;
  readonly Created: string;
  readonly Path: string;
  readonly Args: readonly string[];
  readonly State: StateJson;
  readonly Image: string;
  readonly ResolvConfPath: string;
  readonly HostnamePath: string;
  readonly HostsPath: string;
  readonly LogPath: string;
  readonly Name: string;
  readonly RestartCount: number;
  readonly Driver: string;
  readonly Platform: string;
  readonly MountLabel: string;
  readonly ProcessLabel: string;
  readonly AppArmorProfile: string;
  readonly ExecIDs: readonly string[] | null;
  readonly HostConfig: HostConfigJson;
  readonly GraphDriver: { readonly Data: Readonly<Record<string, string>>; readonly Name: string };
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly Mounts: readonly MountJson[];
  readonly Config: ConfigJson;
  readonly NetworkSettings: NetworkSettingsJson;
}

export interface StateJson {
  readonly Status: string;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  readonly Health?: HealthJson;
}

/** Docker's Config, with the image's settings in it. */
export type ConfigJson = Readonly<Record<string, unknown>>;

export interface NetworkSettingsJson {
  readonly Ports: PortMapJson;
  readonly Networks: Readonly<Record<string, EndpointJson>>;
  readonly [legacy: string]: unknown;
}

/** What clients know the kinds of root file systems as. */
export const GRAPH_DRIVERS = { overlay: "overlay2", copy: "vfs" } as const;

export function toContainerJson(view: ContainerView, version: ApiVersion): ContainerJson {
  const { storage, size, effective } = view;
  return {
    Id: view.id,
    Created: view.createdAt,
    Path: effective.path,
    Args: effective.args,
    State: toState(view),
    Image: view.imageId,
    ResolvConfPath: view.resolvConfPath,
    HostnamePath: view.hostnamePath,
    HostsPath: view.hostsPath,
    LogPath: view.logPath,
    Name: `/${view.name}`,
    RestartCount: view.restartCount,
    Driver: GRAPH_DRIVERS[storage.driver],
    Platform: "linux",
    MountLabel: "",
    ProcessLabel: "",
    AppArmorProfile: "",
    ExecIDs: view.execIds.length === 0 ? null : view.execIds,
    HostConfig: toHostConfigJson(view),
    GraphDriver: toGraphDriver(storage),
    ...(size === undefined ? {} : { SizeRw: size.writableBytes, SizeRootFs: size.rootBytes }),
    Mounts: view.mounts.map(toMountJson),
    Config: toConfig(view, version),
    NetworkSettings: toNetworkSettings(view),
  };
}

function toGraphDriver({ driver, lowers, upper, work }: ContainerView["storage"]) {
  const Name = GRAPH_DRIVERS[driver];
  if (driver === "copy") return { Data: { RootDir: upper }, Name };
  return { Data: { LowerDir: lowers.join(":"), UpperDir: upper, WorkDir: work }, Name };
}

function toState(view: ContainerView): StateJson {
  const { state } = view;
  const health = toHealth(view);
  return {
    Status: state.status,
    // Docker counts one that waits for its restart as running.
    Running: ["running", "paused", "restarting"].includes(state.status),
    Paused: state.status === "paused",
    Restarting: state.status === "restarting",
    OOMKilled: state.oomKilled,
    Dead: state.status === "dead",
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    ...(health === undefined ? {} : { Health: health }),
  };
}

function toConfig({ config, effective }: ContainerView, version: ApiVersion): ConfigJson {
  return {
    Hostname: effective.hostname,
    Domainname: config.domainname,
    User: effective.user,
    AttachStdin: config.attach.stdin,
    AttachStdout: config.attach.stdout,
    AttachStderr: config.attach.stderr,
    ...(effective.exposedPorts.length === 0
      ? {}
      : { ExposedPorts: asKeys(effective.exposedPorts) }),
    Tty: config.tty,
    OpenStdin: config.openStdin,
    StdinOnce: config.stdinOnce,
    Env: effective.env,
    Cmd: effective.command ?? null,
    Image: config.image,
    Volumes: effective.volumes.length === 0 ? null : asKeys(effective.volumes),
    WorkingDir: effective.workingDir,
    Entrypoint: effective.entrypoint ?? null,
    ...(effective.healthcheck === undefined
      ? {}
      : { Healthcheck: toHealthConfig(effective.healthcheck) }),
    ...(config.networkDisabled ? { NetworkDisabled: true } : {}),
    ...(version < 44 ? { MacAddress: "" } : {}),
    OnBuild: null,
    Labels: effective.labels,
    ...(effective.stopSignal === "" ? {} : { StopSignal: effective.stopSignal }),
    ...(config.stopTimeoutSeconds === undefined ? {} : { StopTimeout: config.stopTimeoutSeconds }),
  };
}

function toNetworkSettings(view: ContainerView): NetworkSettingsJson {
  const { network, state } = view;
  const live = state.status === "running" || state.status === "paused";
  const hasPorts = live && network.mode !== "host" && !network.mode.startsWith("container:");
  const networks = toEndpoints(view);
  const bridge = networks["bridge"];
  return {
    Bridge: "",
    SandboxID: "",
    SandboxKey: network.namespacePath,
    Ports: hasPorts ? toPortMap(view) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    // Until 1.51 the default bridge's endpoint is here once more.
    EndpointID: bridge?.EndpointID ?? "",
    Gateway: bridge?.Gateway ?? "",
    GlobalIPv6Address: bridge?.GlobalIPv6Address ?? "",
    GlobalIPv6PrefixLen: bridge?.GlobalIPv6PrefixLen ?? 0,
    IPAddress: bridge?.IPAddress ?? "",
    IPPrefixLen: bridge?.IPPrefixLen ?? 0,
    IPv6Gateway: bridge?.IPv6Gateway ?? "",
    MacAddress: bridge?.MacAddress ?? "",
    Networks: networks,
  };
}

/** Go's set of texts: an object of empty objects. */
export function asKeys(keys: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}
