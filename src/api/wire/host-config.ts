import { EngineError } from "../../base/errors.ts";
import type { DeviceRequest } from "../../engine/devices/device-request.ts";
import type { HostOptions } from "../../engine/model.ts";
import type { ApiVersion } from "../version.ts";
import { cleanPath } from "./binds.ts";
import type { Fields } from "./fields.ts";
import { decodeLifeLimits } from "./healthcheck.ts";
import { decodeLog } from "./log-options.ts";
import { decodeModes } from "./modes.ts";
import { decodeMounts } from "./mounts.ts";
import { decodePortBindings } from "./port-bindings.ts";
import { refuseUnknownHostConfig } from "./refused.ts";
import { decodeResources, decodeUlimits } from "./resources.ts";
import { decodeRestartPolicy } from "./restart-policy.ts";
import { decodeSecurity } from "./security-options.ts";
import { decodeStorageOptions } from "./storage-options.ts";
import { decodeVolumesFrom } from "./volumes-from.ts";

const DEFAULT_SHM_BYTES = 64 * 1024 * 1024;

/** Makes HostOptions of Docker's HostConfig; fields that would have no effect are refused. */
export function decodeHostConfig(host: Fields, version: ApiVersion): HostOptions {
  refuseUnknownHostConfig(host);
  const maskedPaths = host.findTexts("MaskedPaths");
  const readonlyPaths = host.findTexts("ReadonlyPaths");
  const init = host.findFlag("Init");
  const restart = decodeRestartPolicy(host.findChild("RestartPolicy"));
  return {
    ...decodeModes(host, version < 40 ? "shareable" : "private"),
    // Such old clients remove the container themselves.
    autoRemove: version >= 25 && host.flag("AutoRemove"),
    ...(restart === undefined || restart.name === "no" ? {} : { restart }),
    ...decodeLifeLimits(host),
    binds: decodeMounts(host, version),
    volumesFrom: host.texts("VolumesFrom").map(decodeVolumesFrom),
    cgroupParent: host.text("CgroupParent"),
    privileged: host.flag("Privileged"),
    readonlyRoot: host.flag("ReadonlyRootfs"),
    ...decodeRootfs(host.text("Rootfs")),
    capAdd: host.findWords("CapAdd") ?? [],
    capDrop: host.findWords("CapDrop") ?? [],
    security: decodeSecurity(host.texts("SecurityOpt")),
    ...(maskedPaths === undefined ? {} : { maskedPaths }),
    ...(readonlyPaths === undefined ? {} : { readonlyPaths }),
    groupAdd: host.texts("GroupAdd"),
    devices: host.children("Devices").map(decodeDevice),
    ...decodeNamedDevices(host),
    resources: decodeResources(host),
    deviceCgroupRules: host.texts("DeviceCgroupRules").map(checkDeviceRule),
    ulimits: decodeUlimits(host),
    sysctls: decodeSysctls(host),
    oomScoreAdj: host.integer("OomScoreAdj"),
    shmBytes: decodeShm(host),
    publish: decodePortBindings(host.findChild("PortBindings")),
    publishAll: host.flag("PublishAllPorts"),
    links: host.texts("Links"),
    ...(init === undefined ? {} : { init }),
    ...decodeStorageOptions(host.textMap("StorageOpt")),
    log: decodeLog(host.findChild("LogConfig")),
    extraHosts: host.texts("ExtraHosts").map(checkExtraHost),
    dns: host.texts("Dns"),
    dnsSearch: host.texts("DnsSearch"),
    dnsOptions: host.texts("DnsOptions"),
    ...decodeConsoleSize(host, version),
    annotations: version < 43 ? {} : host.textMap("Annotations"),
    idFile: host.text("ContainerIDFile"),
    asked: withoutPorts(host.source),
  };
}

/** They are told by `publish`, and there may be thousands. */
function withoutPorts(host: Fields["source"]): HostOptions["asked"] {
  const isPorts = (name: string) => name.toLowerCase() === "portbindings";
  return Object.fromEntries(Object.entries(host).filter(([name]) => !isPorts(name)));
}

/** Ours, as Podman has it: a directory of the host in place of an image. */
function decodeRootfs(path: string): Pick<HostOptions, "rootfs"> {
  if (path === "") return {};
  if (path.startsWith("/") && cleanPath(path) !== "/") return { rootfs: cleanPath(path) };
  throw new EngineError("invalid", `invalid rootfs: ${path} must be an absolute path, and not "/"`);
}

function decodeShm(host: Fields): number {
  const bytes = host.integer("ShmSize");
  if (bytes < 0) throw new EngineError("invalid", "SHM size can not be less than 0");
  return bytes === 0 ? DEFAULT_SHM_BYTES : bytes;
}

function decodeDevice(device: Fields): DeviceRequest {
  const hostPath = device.text("PathOnHost");
  const access = device.text("CgroupPermissions");
  if (!/^[rwm]{0,3}$/.test(access)) {
    throw new EngineError("invalid", `invalid device mode: ${access}`);
  }
  const path = device.text("PathInContainer");
  return {
    hostPath,
    path: path === "" ? hostPath : path,
    access: access === "" ? "rwm" : access,
  };
}

function decodeNamedDevices(host: Fields): Pick<HostOptions, "namedDevices"> {
  const requests = host.children("DeviceRequests");
  if (requests.length === 0) return {};
  return {
    namedDevices: requests.map((request) => ({
      driver: request.text("Driver"),
      count: request.integer("Count"),
      ids: request.texts("DeviceIDs"),
      capabilities: request.textLists("Capabilities"),
      options: request.textMap("Options"),
    })),
  };
}

function checkDeviceRule(rule: string): string {
  if (/^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(rule)) return rule;
  throw new EngineError("invalid", `invalid device cgroup rule format: '${rule}'`);
}

function checkExtraHost(text: string): string {
  const [, name, address] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (name === undefined || address === undefined) {
    throw new EngineError("invalid", `bad format for add-host: ${JSON.stringify(text)}`);
  }
  return text;
}

/** The name of an interface says nothing before there is one. Docker refuses it since 1.48. */
function decodeSysctls(host: Fields): Readonly<Record<string, string>> {
  const sysctls = host.textMap("Sysctls");
  const ofInterface = Object.keys(sysctls).find((name) => /^net\..*\.eth0(\.|$)/.test(name));
  if (ofInterface === undefined) return sysctls;
  throw new EngineError(
    "invalid",
    `interface specific sysctl setting "${ofInterface}" must be supplied using driver option 'com.docker.network.endpoint.sysctls'`,
  );
}

/** Height before width. Clients from before 1.42 sent rubbish there. */
function decodeConsoleSize(host: Fields, version: ApiVersion): Pick<HostOptions, "consoleSize"> {
  const [rows = 0, columns = 0] = host.integers("ConsoleSize");
  if (version < 42 || rows <= 0 || columns <= 0) return {};
  return { consoleSize: { rows, columns } };
}
