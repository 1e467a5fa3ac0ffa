import { posix as path } from "node:path";
import type { IdMapping, Linux, Mount, Resources, Seccomp, Spec } from "../../oci/runtime-spec.ts";
import type { HostFacts } from "../host-facts.ts";
import type { ContainerConfig, HostOptions } from "../model.ts";
import { type ContainerMount, sortMounts, toMount } from "./container-mounts.ts";
import { defaultMounts } from "./default-mounts.ts";
import { MASKED_PATHS, READONLY_PATHS, thermalPaths } from "./default-paths.ts";
import { type GrantedDevice, planDeviceRules } from "./devices.ts";
import type { Effective } from "./effective.ts";
import { buildEnv } from "./environment.ts";
import { type Joined, planMappings, planNamespaces, type UserNamespace } from "./namespaces.ts";
import { planProcess } from "./process.ts";
import { defaultSysctls } from "./sysctls.ts";
import type { ResolvedUser } from "./user.ts";

/** All that a container's spec follows from, looked up and decided. */
export interface SpecInputs {
  readonly id: string;
  readonly config: ContainerConfig;
  readonly effective: Effective;
  readonly user: ResolvedUser;
  readonly userNamespace: UserNamespace;
  readonly joined: Joined;
  readonly facts: HostFacts;
  readonly capabilities: readonly string[];
  readonly mounts: readonly ContainerMount[];
  /** What comes with devices; in the place of other mounts there. */
  readonly deviceMounts: readonly Mount[];
  /** Files on the host that are bound over the image's own, by target. */
  readonly files: Readonly<Record<string, string>>;
  readonly devices: readonly GrantedDevice[];
  readonly resources: Omit<Resources, "devices">;
  /** Undefined: no system call is refused. */
  readonly seccomp?: Seccomp;
}

/** Where the cgroups of containers are unless `--cgroup-parent` says otherwise. */
const CGROUP_PARENT = "/sampan";

/** Makes the OCI runtime spec of a container. Pure: the same inputs give the same spec. */
export function buildSpec(inputs: SpecInputs): Spec {
  const { config, effective } = inputs;
  const mappings = planMappings(inputs.userNamespace);
  return {
    ociVersion: "1.2.0",
    process: planProcess(config.host, {
      args: [effective.path, ...effective.args],
      env: containerEnv(inputs),
      cwd: effective.workingDir,
      tty: config.tty,
      ...(config.host.consoleSize === undefined ? {} : { consoleSize: config.host.consoleSize }),
      user: inputs.user,
      capabilities: inputs.capabilities,
    }),
    root: { path: "rootfs", readonly: config.host.readonlyRoot },
    ...hostNames(inputs),
    mounts: planMounts(inputs, mappings),
    ...(Object.keys(config.host.annotations).length > 0
      ? { annotations: config.host.annotations }
      : {}),
    linux: planLinux(inputs, mappings),
  };
}

/** The environment that a container's first program has, and that others start from. */
function containerEnv({
  config,
  effective,
  user,
}: Pick<SpecInputs, "config" | "effective" | "user">): readonly string[] {
  const base = { hostname: effective.hostname, tty: config.tty, home: user.home };
  return buildEnv(base, effective.env);
}

function hostNames({ config, effective }: SpecInputs): Pick<Spec, "hostname" | "domainname"> {
  if (config.host.uts === "host") return {};
  const { domainname } = config;
  return { hostname: effective.hostname, ...(domainname === "" ? {} : { domainname }) };
}

function planMounts(inputs: SpecInputs, mappings: readonly IdMapping[]): readonly Mount[] {
  const { config, joined, mounts, files } = inputs;
  const asked = mounts.map((mount) => toMount(mount, mappings));
  const own = lastOfEach([...asked, ...inputs.deviceMounts], ({ destination }) => destination);
  const taken = new Set(own.map(({ destination }) => destination));
  // Who mounts a /dev of his own gets what is in it as it is.
  const isTaken = (target: string) =>
    taken.has(target) || (target.startsWith("/dev/") && taken.has("/dev"));
  const ipc = joined.ipc === undefined ? {} : { ipcPid: joined.ipc };
  const standard = defaultMounts({ host: config.host, ...ipc });
  const bound = Object.entries(files).map(([target, source]) => bindFile(source, target));
  return [
    ...standard.filter(({ destination }) => !isTaken(destination)),
    ...sortMounts([...bound.filter(({ destination }) => !taken.has(destination)), ...own]),
  ];
}

/** Of those at the same path the last counts. */
function lastOfEach<T>(items: readonly T[], pathOf: (item: T) => string): readonly T[] {
  return [...new Map(items.map((item) => [pathOf(item), item])).values()];
}

/** No id mapping: they are written with the container's own ids. */
function bindFile(source: string, destination: string): Mount {
  return { destination, type: "bind", source, options: ["rbind", "rprivate"] };
}

function planLinux(inputs: SpecInputs, mappings: readonly IdMapping[]): Linux {
  const { config, userNamespace, joined, facts, seccomp } = inputs;
  const { host } = config;
  const sysctl = planSysctls(host, userNamespace);
  const granted = inputs.devices.map(({ device }) => device);
  const devices = lastOfEach(granted, ({ path }) => path);
  return {
    namespaces: planNamespaces({
      host,
      userNamespace,
      joined,
      cgroupVersion: facts.cgroupVersion,
    }),
    ...(mappings.length === 0 ? {} : { uidMappings: mappings, gidMappings: mappings }),
    ...(devices.length === 0 ? {} : { devices }),
    cgroupsPath: cgroupsPath(host.cgroupParent, inputs.id),
    resources: {
      ...inputs.resources,
      devices: planDeviceRules({
        privileged: host.privileged,
        devices: inputs.devices,
        rules: host.deviceCgroupRules,
      }),
    },
    ...rootPropagation(inputs.mounts),
    ...(seccomp === undefined ? {} : { seccomp }),
    ...(Object.keys(sysctl).length === 0 ? {} : { sysctl }),
    ...planPaths(host, facts.presentCpus),
  };
}

function planPaths(
  host: HostOptions,
  presentCpus: number,
): Pick<Linux, "maskedPaths" | "readonlyPaths"> {
  const open = host.privileged || host.security.unconfinedPaths;
  const masked = open ? [] : [...MASKED_PATHS, ...thermalPaths(presentCpus)];
  return {
    maskedPaths: host.maskedPaths ?? masked,
    readonlyPaths: host.readonlyPaths ?? (open ? [] : READONLY_PATHS),
  };
}

function planSysctls(
  host: HostOptions,
  userNamespace: UserNamespace,
): Readonly<Record<string, string>> {
  const isOwnNetwork = host.network.kind === "network" || host.network.kind === "none";
  const idCount = userNamespace === "host" ? 2 ** 31 : userNamespace.size;
  return { ...(isOwnNetwork ? defaultSysctls(idCount) : {}), ...host.sysctls };
}

/** Where a container's cgroup is. A parent that climbs stays beneath the root of the hierarchy. */
export function cgroupsPath(parent: string, id: string): string {
  return path.resolve("/", parent === "" ? CGROUP_PARENT : parent, id);
}

/** The root must let through what a bind is to share with the host. */
function rootPropagation(mounts: readonly ContainerMount[]): Pick<Linux, "rootfsPropagation"> {
  const wanted = mounts.map((mount) => (mount.kind === "bind" ? mount.propagation : ""));
  if (wanted.some((word) => word.endsWith("shared"))) return { rootfsPropagation: "shared" };
  if (wanted.some((word) => word.endsWith("slave"))) return { rootfsPropagation: "rslave" };
  return {};
}
