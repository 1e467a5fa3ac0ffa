import type { Io } from "../io.ts";
import { resolvePath } from "../paths.ts";
import { toCapabilities } from "./capabilities.ts";
import type { ContainerFlags } from "./container-flags.ts";
import { parseDevices } from "./devices.ts";
import { parseRestart } from "./modes.ts";
import type { MountOption } from "./mount-option.ts";
import type { NetworkConfig } from "./network-config.ts";
import { toPairs } from "./pairs.ts";
import type { Ports } from "./ports.ts";
import { toResources } from "./resources.ts";
import { readSecurity } from "./security.ts";
import { parseTmpfs, type Volumes } from "./volumes.ts";

interface HostConfigInput {
  readonly flags: ContainerFlags;
  /** As the user wrote it; with `--rootfs` a directory. */
  readonly image: string;
  readonly network: NetworkConfig;
  readonly volumes: Volumes;
  readonly ports: Ports;
}

/** Docker's HostConfig. */
export async function toHostConfig(
  input: HostConfigInput,
  io: Io,
): Promise<Readonly<Record<string, unknown>>> {
  const { flags } = input;
  const RestartPolicy = parseRestart(flags.restart);
  if (flags.rm && !["", "no"].includes(RestartPolicy.Name)) {
    throw new Error("conflicting options: cannot specify both --restart and --rm");
  }
  return {
    RestartPolicy,
    AutoRemove: flags.rm,
    ...toLifeLimits(flags),
    ContainerIDFile: flags.cidfile,
    LogConfig: toLogConfig(flags),
    Annotations: flags.annotation,
    Init: flags.init,
    Isolation: flags.isolation,
    Runtime: flags.runtime,
    ...(await toIsolation(flags, io)),
    ...toNetwork(input),
    ...toStorage(input, io),
    ...toResources(flags, parseDevices(flags.device)),
  };
}

/** Sampan's own; left out where nothing is asked, since other daemons do not know them. */
function toLifeLimits({ timeout, "health-on-failure": action }: ContainerFlags) {
  if (timeout < 0) throw new Error("--timeout cannot be negative");
  return {
    ...(action === "" ? {} : { HealthOnFailure: action }),
    ...(timeout === 0 ? {} : { Timeout: timeout }),
  };
}

async function toIsolation(flags: ContainerFlags, io: Io) {
  const { add, drop } = toCapabilities(flags["cap-add"], flags["cap-drop"]);
  const security = await readSecurity(flags["security-opt"], io);
  return {
    Privileged: flags.privileged,
    CapAdd: add,
    CapDrop: drop,
    SecurityOpt: security.options,
    MaskedPaths: security.maskedPaths,
    ReadonlyPaths: security.readonlyPaths,
    PidMode: flags.pid,
    IpcMode: flags.ipc,
    UTSMode: flags.uts,
    UsernsMode: flags.userns,
    CgroupnsMode: flags.cgroupns,
    GroupAdd: flags["group-add"],
    Sysctls: flags.sysctl,
  };
}

function toNetwork({ flags, network, ports }: HostConfigInput) {
  return {
    NetworkMode: network.mode,
    PortBindings: ports.bindings,
    PublishAllPorts: flags["publish-all"],
    Dns: flags.dns,
    DnsOptions: flags["dns-option"],
    DnsSearch: flags["dns-search"],
    ExtraHosts: flags["add-host"],
    Links: flags.link,
  };
}

function toStorage({ flags, volumes, image }: HostConfigInput, io: Io) {
  const mounts = flags.mount.map((mount) => resolveMount(mount, io));
  const wrong = flags["storage-opt"].find((option) => !option.includes("="));
  if (wrong !== undefined) throw new Error("invalid storage option");
  return {
    Binds: volumes.binds,
    Mounts: mounts,
    Tmpfs: parseTmpfs(flags.tmpfs),
    VolumesFrom: flags["volumes-from"],
    VolumeDriver: flags["volume-driver"],
    StorageOpt: toPairs(flags["storage-opt"]),
    ReadonlyRootfs: flags["read-only"],
    ...(flags.rootfs ? { Rootfs: resolvePath(image, io) } : {}),
    ShmSize: flags["shm-size"],
  };
}

/** `./here` is the client's directory, which the daemon cannot know. */
function resolveMount(mount: MountOption, io: Io): MountOption {
  const { Type, Source } = mount;
  if (Type !== "bind" || Source === undefined || !Source.startsWith(".")) return mount;
  return { ...mount, Source: resolvePath(Source, io) };
}

function toLogConfig(flags: ContainerFlags) {
  const options = toPairs(flags["log-opt"]);
  if (flags["log-driver"] === "none" && flags["log-opt"].length > 0) {
    throw new Error("invalid logging opts for driver none");
  }
  return { Type: flags["log-driver"], Config: options };
}
