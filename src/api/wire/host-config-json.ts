import type { ContainerView } from "../../engine/facade.ts";
import type { HostOptions } from "../../engine/model.ts";
import { MASKED_PATHS, READONLY_PATHS } from "../../engine/spec/default-paths.ts";
import { toPortBindings } from "./port-bindings.ts";
import { toRestartPolicy } from "./restart-policy.ts";

/** Docker's HostConfig, all of its fields. */
export type HostConfigJson = Readonly<Record<string, unknown>>;

/** What each field is when nothing was asked, in Docker's order. */
const NOTHING_ASKED: HostConfigJson = {
  Binds: null,
  ContainerIDFile: "",
  LogConfig: { Type: "json-file", Config: {} },
  NetworkMode: "bridge",
  PortBindings: {},
  RestartPolicy: { Name: "no", MaximumRetryCount: 0 },
  AutoRemove: false,
  VolumeDriver: "",
  VolumesFrom: null,
  ConsoleSize: [0, 0],
  CapAdd: null,
  CapDrop: null,
  CgroupnsMode: "",
  Dns: [],
  DnsOptions: [],
  DnsSearch: [],
  ExtraHosts: null,
  GroupAdd: null,
  IpcMode: "",
  Cgroup: "",
  Links: null,
  OomScoreAdj: 0,
  PidMode: "",
  Privileged: false,
  PublishAllPorts: false,
  ReadonlyRootfs: false,
  SecurityOpt: null,
  UTSMode: "",
  UsernsMode: "",
  ShmSize: 0,
  Runtime: "runc",
  Isolation: "",
  CpuShares: 0,
  Memory: 0,
  NanoCpus: 0,
  CgroupParent: "",
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuPeriod: 0,
  CpuQuota: 0,
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  CpusetCpus: "",
  CpusetMems: "",
  Devices: [],
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemoryReservation: 0,
  MemorySwap: 0,
  MemorySwappiness: null,
  OomKillDisable: null,
  PidsLimit: null,
  Ulimits: [],
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
  MaskedPaths: null,
  ReadonlyPaths: null,
};

/** Fields that Docker leaves out when they are empty. */
const OPTIONAL: readonly string[] = [
  "Annotations",
  "Mounts",
  "StorageOpt",
  "Tmpfs",
  "Sysctls",
  "Rootfs",
  "Init",
  // Sampan's own.
  "HealthOnFailure",
  "Timeout",
];

const NAMES: ReadonlyMap<string, string> = new Map(
  [...Object.keys(NOTHING_ASKED), ...OPTIONAL].map((name) => [name.toLowerCase(), name]),
);

/** HostConfig as it was asked for, with what the defaults came to. */
export function toHostConfigJson(view: ContainerView): HostConfigJson {
  const asked = canonical(view.config.host.asked);
  const { mode } = view.network;
  const { NetworkMode: askedMode = mode } = asked;
  return {
    ...NOTHING_ASKED,
    ...asked,
    ...linksOf(view),
    PortBindings: toPortBindings(view.config.host.publish),
    ...resolved(view),
    // How it was asked for: with a name that may mean another container by now, or not at all.
    NetworkMode: mode.startsWith("container:") ? askedMode : mode,
  };
}

/** The fields that were asked for and that Docker has, by Docker's names. */
function canonical(asked: HostConfigJson): HostConfigJson {
  return Object.fromEntries(
    Object.entries(asked).flatMap(([key, value]) => {
      const name = NAMES.get(key.toLowerCase());
      return name === undefined || value === null ? [] : [[name, within64Bits(value)] as const];
    }),
  );
}

/** 2^63 - 1 was rounded up when it was read, and a client that reads it back takes it for an error. */
function within64Bits(value: unknown): unknown {
  return value === 2 ** 63 ? 2 ** 63 - 1024 : value;
}

/** As Docker has them: both ends by their names. */
function linksOf({ name, config }: ContainerView): HostConfigJson {
  const asked = canonical(config.host.asked)["Links"];
  if (!Array.isArray(asked) || asked.length === 0) return {};
  return {
    Links: asked.map((text) => {
      const [container = "", alias = container] = String(text).replace(/^\//, "").split(":");
      return `/${container}:/${name}/${alias.split("/").at(-1) ?? ""}`;
    }),
  };
}

function resolved({ config, userNamespace }: ContainerView): HostConfigJson {
  const { host } = config;
  const { limit = 0, swap = limit * 2 } = host.resources.memory ?? {};
  return {
    LogConfig: { Type: host.log.driver, Config: host.log.options },
    RestartPolicy: toRestartPolicy(host.restart ?? { name: "no", maxRetries: 0 }),
    AutoRemove: host.autoRemove,
    CapAdd: orNull(host.capAdd),
    CapDrop: orNull(host.capDrop),
    ConsoleSize: [host.consoleSize?.rows ?? 0, host.consoleSize?.columns ?? 0],
    CgroupnsMode: host.cgroup ?? "",
    IpcMode: host.ipc.kind === "container" ? `container:${host.ipc.container}` : host.ipc.kind,
    ShmSize: host.shmBytes,
    ...(userNamespace === "host" ? { UsernsMode: "host" } : {}),
    Runtime: "runc",
    MemorySwap: swap,
    ...hiddenPaths(host),
    ...(host.init === undefined ? {} : { Init: host.init }),
  };
}

function hiddenPaths({ privileged, security, ...host }: HostOptions): HostConfigJson {
  const unconfined = privileged || security.unconfinedPaths;
  return {
    MaskedPaths: host.maskedPaths ?? (unconfined ? null : MASKED_PATHS),
    ReadonlyPaths: host.readonlyPaths ?? (unconfined ? null : READONLY_PATHS),
  };
}

function orNull(list: readonly string[]): readonly string[] | null {
  return list.length === 0 ? null : list;
}
