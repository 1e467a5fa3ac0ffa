import { describe, expect, test } from "bun:test";
import { CLI_BODY } from "../../../test/support/docker-cli-body.ts";
import type { HostOptions } from "../../engine/model.ts";
import { plainEndpoint } from "../../engine/networks/endpoint-plan.ts";
import { NEWEST } from "../version.ts";
import { decodeCreate } from "./create-body.ts";
import { Fields } from "./fields.ts";

function decode(body: object, query: { name?: string; platform?: string; version?: number } = {}) {
  const fields = Fields.of({ Image: "busybox", ...body }, "ContainerConfig");
  return decodeCreate(fields, { name: "", platform: "", version: NEWEST, ...query });
}

const host = (HostConfig: object, version = NEWEST): HostOptions =>
  decode({ HostConfig }, { version }).config.host;

test("what Docker's CLI sends for a plain run asks for nothing but what was typed", () => {
  const { name, platform, config } = decode(CLI_BODY);
  const { PortBindings: _, ...asked } = CLI_BODY.HostConfig;

  expect([name, platform]).toEqual([undefined, undefined]);
  expect(config).toEqual({
    image: "busybox",
    domainname: "",
    user: "",
    env: [],
    command: ["sh"],
    workingDir: "",
    labels: {},
    volumes: [],
    exposedPorts: [],
    endpoints: [plainEndpoint("bridge")],
    tty: true,
    openStdin: true,
    stdinOnce: true,
    attach: { stdin: true, stdout: true, stderr: true },
    stopSignal: "",
    networkDisabled: false,
    host: {
      autoRemove: true,
      binds: [],
      volumesFrom: [],
      network: { kind: "network", network: "bridge" },
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
      log: { driver: "default", options: {} },
      extraHosts: [],
      dns: [],
      dnsSearch: [],
      dnsOptions: [],
      publish: [],
      publishAll: false,
      links: [],
      consoleSize: { rows: 24, columns: 80 },
      annotations: {},
      idFile: "",
      asked,
    },
  });
});

test("Config's fields are taken over", () => {
  const { config } = decode({
    Hostname: "h",
    Domainname: "d",
    User: "1:2",
    Env: ["A=1", "B"],
    Cmd: "one text",
    Entrypoint: ["/e"],
    WorkingDir: "/w",
    Labels: { a: "b" },
    Volumes: { "/v": {}, "/w//x/": {} },
    ExposedPorts: { 90: {}, "80/tcp": {}, "53/UDP": {}, "8000-8010/tcp": {} },
    StopSignal: "SIGINT",
    StopTimeout: -1,
    NetworkDisabled: true,
  });
  expect(config).toMatchObject({
    hostname: "h",
    domainname: "d",
    user: "1:2",
    env: ["A=1", "B"],
    command: ["one text"],
    entrypoint: ["/e"],
    workingDir: "/w",
    labels: { a: "b" },
    volumes: ["/v", "/w/x"],
    exposedPorts: ["90/tcp", "80/tcp", "53/udp", "8000-8010/tcp"],
    stopSignal: "SIGINT",
    stopTimeoutSeconds: -1,
    networkDisabled: true,
  });
});

test.each([
  [undefined, undefined],
  [null, undefined],
  [[], undefined],
  [[""], []],
  ["", []],
  [["/bin/sh"], ["/bin/sh"]],
])("the entry point %j is %j", (Entrypoint, entrypoint) => {
  expect(decode({ Entrypoint }).config.entrypoint).toEqual(entrypoint);
});

describe("HostConfig", () => {
  test.each<[object, Partial<HostOptions>]>([
    [{ NetworkMode: "" }, { network: { kind: "network", network: "bridge" } }],
    [{ NetworkMode: "none" }, { network: { kind: "none" } }],
    [{ NetworkMode: "host" }, { network: { kind: "host" } }],
    [{ NetworkMode: "container:x" }, { network: { kind: "container", container: "x" } }],
    [{ PidMode: "host" }, { pid: { kind: "host" } }],
    [{ PidMode: "container:x" }, { pid: { kind: "container", container: "x" } }],
    [{ IpcMode: "shareable" }, { ipc: { kind: "shareable" } }],
    [{ IpcMode: "none" }, { ipc: { kind: "none" } }],
    [{ UTSMode: "host" }, { uts: "host" }],
    [{ UsernsMode: "host" }, { user: "host" }],
    [{ UsernsMode: "private" }, { user: "private" }],
    [{ CgroupnsMode: "host" }, { cgroup: "host" }],
    [{ Init: false }, { init: false }],
    [
      { MaskedPaths: [], ReadonlyPaths: ["/a"] },
      { maskedPaths: [], readonlyPaths: ["/a"] },
    ],
    [
      { CapAdd: "NET_ADMIN", CapDrop: ["ALL"] },
      { capAdd: ["NET_ADMIN"], capDrop: ["ALL"] },
    ],
    [{ ShmSize: 5 }, { shmBytes: 5 }],
    [{ StorageOpt: { size: "10G" } }, { rootSizeBytes: 10 * 1024 ** 3 }],
    [{ StorageOpt: { SIZE: "1.5 mib" } }, { rootSizeBytes: 1.5 * 1024 ** 2 }],
    [{ StorageOpt: { size: "0" } }, { rootSizeBytes: 0 }],
    [{ OomScoreAdj: -500 }, { oomScoreAdj: -500 }],
    [{ GroupAdd: ["7"] }, { groupAdd: ["7"] }],
    [{ Sysctls: { "net.ipv4.ip_forward": "1" } }, { sysctls: { "net.ipv4.ip_forward": "1" } }],
    [
      {
        Devices: [
          { PathOnHost: "/dev/a" },
          { PathOnHost: "/dev/b", PathInContainer: "/dev/c", CgroupPermissions: "r" },
        ],
      },
      {
        devices: [
          { hostPath: "/dev/a", path: "/dev/a", access: "rwm" },
          { hostPath: "/dev/b", path: "/dev/c", access: "r" },
        ],
      },
    ],
    [
      {
        Ulimits: [
          { Name: "nofile", Soft: 1, Hard: 2 },
          { Name: "core", Soft: -1, Hard: -1 },
        ],
      },
      {
        ulimits: [
          { type: "RLIMIT_NOFILE", soft: 1, hard: 2 },
          { type: "RLIMIT_CORE", soft: -1, hard: -1 },
        ],
      },
    ],
    [
      { LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } } },
      { log: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } } },
    ],
    [{ LogConfig: { Type: "none" } }, { log: { driver: "none", options: {} } }],
    [{ Annotations: { a: "b" } }, { annotations: { a: "b" } }],
    [{ ContainerIDFile: "/f" }, { idFile: "/f" }],
  ])("%j is understood", (asked, options) => {
    expect(host(asked)).toMatchObject(options as Record<string, unknown>);
  });

  test.each<[object, HostOptions["resources"]]>([
    [{ Memory: 7e6 }, { memory: { limit: 7e6 } }],
    [{ Memory: 7e6, MemorySwap: -1 }, { memory: { limit: 7e6, swap: -1 } }],
    [{ MemoryReservation: 7e6 }, { memory: { reservation: 7e6 } }],
    [{ MemorySwappiness: 0 }, { memory: { swappiness: 0 } }],
    [{ MemorySwappiness: -1 }, {}],
    [{ OomKillDisable: true }, { memory: { disableOOMKiller: true } }],
    [{ NanoCpus: 5e8 }, { cpu: { quota: 50_000, period: 100_000 } }],
    [{ CpuQuota: 5000, CpuPeriod: 9000 }, { cpu: { quota: 5000, period: 9000 } }],
    [
      { CpuShares: 10, CpusetCpus: "0", CpusetMems: "0" },
      { cpu: { shares: 10, cpus: "0", mems: "0" } },
    ],
    [{ PidsLimit: 9 }, { pids: { limit: 9 } }],
    [{ PidsLimit: -1 }, {}],
    [{ PidsLimit: 0 }, {}],
    [{ BlkioWeight: 300 }, { blockIO: { weight: 300 } }],
    [{ CpusetCpus: "0-2,7" }, { cpu: { cpus: "0-2,7" } }],
  ])("the limits %j are understood", (asked, resources) => {
    expect(host(asked).resources).toEqual(resources);
  });

  test.each(["text", "0-", ",1", "1\n"])("%j is no set of processors", (set) => {
    expect(() => host({ CpusetCpus: set })).toThrow(`Invalid value ${set} for cpuset cpus`);
    expect(() => host({ CpusetMems: set })).toThrow(`Invalid value ${set} for cpuset mems`);
  });

  test.each<[string[], Partial<HostOptions["security"]>]>([
    [["no-new-privileges"], { noNewPrivileges: true }],
    [["no-new-privileges=true"], { noNewPrivileges: true }],
    [["no-new-privileges:false"], { noNewPrivileges: false }],
    [["seccomp=unconfined"], { seccomp: "unconfined" }],
    [["seccomp:unconfined"], { seccomp: "unconfined" }],
    [["seccomp=builtin"], { seccomp: "default" }],
    [['seccomp={"a=b:c":1}'], { seccomp: { profile: '{"a=b:c":1}' } }],
    [["systempaths=unconfined"], { unconfinedPaths: true }],
    [["apparmor=unconfined"], {}],
    [["label=disable"], {}],
    [["label:disable", "no-new-privileges"], { noNewPrivileges: true }],
  ])("the security options %j are understood", (asked, security) => {
    expect(host({ SecurityOpt: asked }).security).toMatchObject(security);
  });
});

describe("what older clients mean", () => {
  test.each<[number, object, Partial<HostOptions>]>([
    [24, { AutoRemove: true }, { autoRemove: false }],
    [25, { AutoRemove: true }, { autoRemove: true }],
    [39, {}, { ipc: { kind: "shareable" } }],
    [40, {}, { ipc: { kind: "private" } }],
    [42, { Annotations: { a: "b" } }, { annotations: {} }],
    [42, { ConsoleSize: [1, 2] }, { consoleSize: { rows: 1, columns: 2 } }],
  ])("1.%d with %j", (version, asked, options) => {
    expect(host(asked, version)).toMatchObject(options as Record<string, unknown>);
  });

  test("a console size from before 1.42 is rubbish", () => {
    expect(host({ ConsoleSize: [1, 2] }, 41).consoleSize).toBeUndefined();
  });

  test("a platform counts since 1.41", () => {
    expect(decode({}, { platform: "linux/arm64", version: 40 }).platform).toBeUndefined();
    expect(decode({}, { platform: "linux/arm64", version: 41 }).platform).toBe("linux/arm64");
  });
});

test.each([
  ["web", "web"],
  ["/web", "web"],
  ["a.b_c-1", "a.b_c-1"],
])("the name %s is %s", (name, own) => {
  expect(decode({}, { name }).name).toBe(own);
});

test.each(["a", "-a", "a b", "/", "//a", "a/b", "é", "a\n"])("the name %j is refused", (name) => {
  expect(() => decode({}, { name })).toThrow(
    `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`,
  );
});
