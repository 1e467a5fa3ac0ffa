import type { SystemInfo, VersionInfo } from "../../engine/system-facade.ts";
import { type ApiVersion, NEWEST, OLDEST, printVersion } from "../version.ts";
import { GRAPH_DRIVERS } from "./container-json.ts";

/** `GET /version`. */
export interface VersionJson {
  readonly Platform: { readonly Name: string };
  readonly Components: readonly {
    readonly Name: string;
    readonly Version: string;
    readonly Details: Readonly<Record<string, string>>;
  }[];
  readonly Version: string;
  readonly ApiVersion: string;
  readonly MinAPIVersion: string;
  readonly GitCommit: string;
  readonly GoVersion: string;
  readonly Os: string;
  readonly Arch: string;
  readonly KernelVersion: string;
  readonly BuildTime: string;
}

export function toVersionJson(about: VersionInfo): VersionJson {
  const details = {
    ApiVersion: printVersion(NEWEST),
    MinAPIVersion: printVersion(OLDEST),
    GitCommit: about.commit,
    // Where Docker has the version of its language.
    GoVersion: `Bun ${about.bun}`,
    Os: about.os,
    Arch: GO_ARCHITECTURE[about.architecture] ?? about.architecture,
    KernelVersion: about.kernel,
    BuildTime: about.builtAt,
  };
  return {
    Platform: { Name: "Sampan" },
    Components: [
      {
        Name: "Engine",
        Version: about.version,
        Details: { ...details, Experimental: "false" },
      },
    ],
    Version: about.version,
    ...details,
  };
}

/** `uname -m` to the name that Go, and so Docker, has for it. */
const GO_ARCHITECTURE: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/** `GET /info`, as Docker 28 has it. */
export interface InfoJson {
  readonly ID: string;
  readonly Containers: number;
  readonly Images: number;
  readonly Driver: string;
  readonly ServerVersion: string;
  readonly Warnings: readonly string[];
  readonly [field: string]: unknown;
}

export function toInfoJson(info: SystemInfo, about: VersionInfo, version: ApiVersion): InfoJson {
  const { running, paused, stopped } = info.containers;
  return {
    ID: info.id,
    Containers: running + paused + stopped,
    ContainersRunning: running,
    ContainersPaused: paused,
    ContainersStopped: stopped,
    Images: info.images,
    Driver: GRAPH_DRIVERS[info.storageDriver],
    DriverStatus: info.storageStatus,
    Plugins: {
      Volume: ["local"],
      Network: ["bridge", "host", "ipvlan", "macvlan", "null"],
      Authorization: null,
      Log: info.logDrivers,
    },
    ...toLimits(info),
    ...toHost(info),
    ...(version >= 49 ? { FirewallBackend: { Driver: "nftables" } } : {}),
    ...NOT_HERE,
    CDISpecDirs: info.cdi.directories,
    ...(version >= 50 ? { DiscoveredDevices: info.cdi.devices.map(toDiscovered) } : {}),
    ...toProxies(info.registries.proxies),
    NEventsListener: info.eventListeners,
    InitCommit: { ID: about.version },
    RegistryConfig: toRegistryConfig(info.registries),
    DockerRootDir: info.dataRoot,
    ServerVersion: about.version,
    SecurityOptions: info.securityOptions,
    Warnings: info.warnings,
  };
}

function toDiscovered(name: string) {
  return { Source: "cdi", ID: name };
}

/** Docker's own hub is always there, and this machine is always insecure. */
function toRegistryConfig({ mirrors, insecure }: SystemInfo["registries"]) {
  const hub = { Name: "docker.io", Mirrors: mirrors, Secure: true, Official: true };
  const hosts = insecure.filter((one) => !one.includes("/"));
  return {
    IndexConfigs: Object.fromEntries([
      ["docker.io", hub],
      ...hosts.map((Name) => [Name, { Name, Mirrors: [], Secure: false, Official: false }]),
    ]),
    InsecureRegistryCIDRs: [
      "::1/128",
      "127.0.0.0/8",
      ...insecure.filter((one) => one.includes("/")),
    ],
    Mirrors: mirrors,
  };
}

/** Passwords are not for everybody who may ask. */
function toProxies({ http = "", https = "", no = "" }: SystemInfo["registries"]["proxies"]) {
  const mask = (url: string) => url.replace(/\/\/[^@/]*@/, "//xxxxx:xxxxx@");
  return { HttpProxy: mask(http), HttpsProxy: mask(https), NoProxy: no };
}

function toLimits({ limits, ipForwarding }: SystemInfo) {
  // A limit that is not told of is there.
  const holds = (name: string) => limits[name] !== false;
  return {
    MemoryLimit: holds("memory"),
    SwapLimit: holds("swap"),
    CpuCfsPeriod: holds("cpuQuota"),
    CpuCfsQuota: holds("cpuQuota"),
    CPUShares: holds("cpuShares"),
    CPUSet: holds("cpuset"),
    PidsLimit: holds("pids"),
    OomKillDisable: holds("oomKillDisable"),
    IPv4Forwarding: ipForwarding,
  };
}

function toHost(info: SystemInfo) {
  return {
    SystemTime: new Date().toISOString(),
    LoggingDriver: info.logDriver,
    CgroupDriver: info.cgroupDriver,
    CgroupVersion: info.cgroupVersion,
    KernelVersion: info.kernel,
    OperatingSystem: info.operatingSystem,
    OSVersion: info.osVersion,
    OSType: "linux",
    Architecture: info.architecture,
    NCPU: info.cpus,
    MemTotal: info.memoryBytes,
    Name: info.name,
    DefaultAddressPools: [{ Base: info.bridge.subnet, Size: prefixLength(info.bridge.subnet) }],
  };
}

function prefixLength(subnet: string): number {
  return Number(subnet.split("/")[1] ?? 0);
}

/** What Docker's daemon has and this one does without, in the values that say so. */
const NOT_HERE = {
  Debug: false,
  NFd: 0,
  NGoroutines: 0,
  IndexServerAddress: "https://index.docker.io/v1/",
  GenericResources: null,
  Labels: [],
  ExperimentalBuild: false,
  // The names by which clients ask for the one that there is.
  Runtimes: {
    "io.containerd.runc.v2": { path: "sampan-init" },
    runc: { path: "sampan-init" },
  },
  DefaultRuntime: "runc",
  Swarm: {
    NodeID: "",
    NodeAddr: "",
    LocalNodeState: "inactive",
    ControlAvailable: false,
    Error: "",
    RemoteManagers: null,
  },
  LiveRestoreEnabled: true,
  Isolation: "",
  InitBinary: "sampan-init",
  ContainerdCommit: { ID: "" },
  RuncCommit: { ID: "" },
};
