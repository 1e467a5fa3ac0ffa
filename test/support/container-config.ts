import type { HostFacts } from "../../src/engine/host-facts.ts";
import type { ImageRuntimeConfig } from "../../src/engine/image-facade.ts";
import type { ContainerConfig, HostOptions } from "../../src/engine/model.ts";
import { CAPABILITIES } from "../../src/linux/capability.ts";

const HOST: HostOptions = {
  autoRemove: false,
  binds: [],
  volumesFrom: [],
  network: { kind: "network", network: "bridge" },
  publish: [],
  publishAll: false,
  links: [],
  pid: { kind: "private" },
  ipc: { kind: "private" },
  uts: "private",
  user: "auto",
  cgroupParent: "",
  privileged: false,
  readonlyRoot: false,
  capAdd: [],
  capDrop: [],
  security: { noNewPrivileges: false, seccomp: "default", unconfinedPaths: false, asked: [] },
  groupAdd: [],
  devices: [],
  resources: {},
  deviceCgroupRules: [],
  ulimits: [],
  sysctls: {},
  oomScoreAdj: 0,
  shmBytes: 64 * 1024 * 1024,
  rootSizeBytes: 0,
  log: { driver: "json-file", options: {} },
  extraHosts: [],
  dns: [],
  dnsSearch: [],
  dnsOptions: [],
  annotations: {},
  idFile: "",
  asked: {},
};

/** What a test asks for; all else is as Docker has it by default. */
export interface TestConfig extends Partial<Omit<ContainerConfig, "host">> {
  readonly host?: Partial<HostOptions>;
}

/** A request with Docker's defaults and what a test says otherwise. */
export function containerConfig({ host = {}, ...config }: TestConfig = {}): ContainerConfig {
  return {
    image: "test",
    domainname: "",
    user: "",
    env: [],
    workingDir: "",
    labels: {},
    volumes: [],
    exposedPorts: [],
    endpoints: [],
    tty: false,
    openStdin: false,
    stdinOnce: false,
    attach: { stdin: false, stdout: true, stderr: true },
    stopSignal: "",
    networkDisabled: false,
    ...config,
    host: { ...HOST, ...host },
  };
}

/** An image's configuration that says nothing, and what a test says otherwise. */
export function imageConfig(config: Partial<ImageRuntimeConfig> = {}): ImageRuntimeConfig {
  return {
    user: "",
    exposedPorts: [],
    env: [],
    volumes: [],
    workingDir: "",
    labels: {},
    stopSignal: "",
    ...config,
  };
}

/** A host that lacks nothing, with two processors. */
export const FULL_HOST: HostFacts = {
  kernel: "6.1.0-13-amd64",
  operatingSystem: "Debian GNU/Linux 12",
  osVersion: "12",
  architecture: "x86_64",
  hostname: "host",
  cpus: 2,
  presentCpus: 2,
  memoryBytes: 2 ** 33,
  cgroupVersion: "2",
  capabilities: CAPABILITIES,
  limits: {},
  securityOptions: ["name=seccomp,profile=builtin", "name=userns"],
  warnings: [],
  ipForwarding: true,
  maxUserNamespaces: 1000,
  mountsProc: true,
  mountsSysfs: true,
};
