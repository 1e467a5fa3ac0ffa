import { describe, expect, test } from "bun:test";
import { EngineError } from "../../base/errors.ts";
import { NEWEST } from "../version.ts";
import { decodeCreate } from "./create-body.ts";
import { Fields } from "./fields.ts";

const decode = (body: object, version = NEWEST) =>
  decodeCreate(Fields.of({ Image: "x", ...body }, "ContainerConfig"), {
    name: "",
    platform: "",
    version,
  });

function refusal(body: object): EngineError {
  try {
    decode(body);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

describe("what is not there yet is refused by its name", () => {
  test.each([
    [{ OnBuild: ["RUN x"] }, "Config.OnBuild"],
    [{ Shell: ["sh"] }, "Config.Shell"],
    [{ ArgsEscaped: true }, "Config.ArgsEscaped"],
    [{ HostConfig: { Cgroup: "container:x" } }, "HostConfig.Cgroup"],
    [{ HostConfig: { Isolation: "hyperv" } }, "HostConfig.Isolation"],
    [{ HostConfig: { Runtime: "kata" } }, "HostConfig.Runtime"],
    [{ HostConfig: { CpuCount: 1 } }, "HostConfig.CpuCount"],
    [{ HostConfig: { KernelMemory: 1 } }, "HostConfig.KernelMemory"],
    [
      { HostConfig: { Mounts: [{ Type: "cluster", Target: "/a", Source: "x" }] } },
      "HostConfig.Mounts",
    ],
    [{ HostConfig: { SecurityOpt: ["apparmor=mine"] } }, "HostConfig.SecurityOpt"],
    [{ HostConfig: { SecurityOpt: ["label=type:x"] } }, "HostConfig.SecurityOpt"],
    [{ HostConfig: { SecurityOpt: ["writable-cgroups=true"] } }, "HostConfig.SecurityOpt"],
  ])("%j", (body, field) => {
    const { kind, message } = refusal(body);
    expect(kind).toBe("unimplemented");
    expect(message).toStartWith(`${field}: this engine does not have `);
    expect(message).toEndWith(" yet");
  });

  test.each([
    { Healthcheck: { Test: ["NONE"] } },
    { Healthcheck: { Test: [], Interval: 0 } },
    { OnBuild: [], Shell: [], MacAddress: "", ArgsEscaped: false },
    { HostConfig: { RestartPolicy: { Name: "" }, Runtime: "runc", Isolation: "default" } },
    { HostConfig: { VolumeDriver: "local", StorageOpt: {}, DeviceRequests: [], Links: [] } },
    {
      HostConfig: { NetworkMode: "bridge" },
      NetworkingConfig: { EndpointsConfig: { bridge: null } },
    },
    { HostConfig: { NetworkMode: "host" }, NetworkingConfig: { EndpointsConfig: { host: {} } } },
    {
      NetworkingConfig: {
        EndpointsConfig: { bridge: { IPAddress: "172.17.0.2", IPPrefixLen: 16 } },
      },
    },
    { NetworkingConfig: { EndpointsConfig: { bridge: { IPAMConfig: {}, Aliases: [] } } } },
    { HostConfig: { FieldOfTheFuture: 1 } },
  ])("%j asks for nothing", (body) => {
    expect(() => decode(body)).not.toThrow();
  });
});

describe("what is wrong is refused with Docker's text", () => {
  test.each<[object, string]>([
    [{ Env: ["=x"] }, "invalid environment variable: =x"],
    [{ WorkingDir: "a" }, "the working directory 'a' is invalid, it needs to be an absolute path"],
    [{ ExposedPorts: { "x/tcp": {} } }, 'invalid port specification: "x/tcp"'],
    [{ ExposedPorts: { "70000/tcp": {} } }, 'invalid port specification: "70000/tcp"'],
    [{ HostConfig: { Memory: -1 } }, "Minimum memory limit allowed is 6MB"],
    [
      { HostConfig: { MemorySwappiness: 101 } },
      "Invalid value: 101, valid memory swappiness range is 0-100",
    ],
    [
      { HostConfig: { NanoCpus: 1e9, CpuQuota: 1 } },
      "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
    ],
    [
      { HostConfig: { NanoCpus: 1e9, CpuPeriod: 1 } },
      "Conflicting options: Nano CPUs and CPU Period cannot both be set",
    ],
    [{ HostConfig: { NanoCpus: 1e15 } }, "range of CPUs is from 0.01 to"],
    [{ HostConfig: { BlkioWeight: 5 } }, "Range of blkio weight is from 10 to 1000"],
    [{ HostConfig: { ShmSize: -1 } }, "SHM size can not be less than 0"],
    [
      { HostConfig: { Ulimits: [{ Name: "nofile", Soft: 3, Hard: 2 }] } },
      "ulimit soft limit must be less than or equal to hard limit: 3 > 2",
    ],
    [{ HostConfig: { Ulimits: [{ Name: "x" }] } }, "invalid ulimit type: x"],
    [{ HostConfig: { PidMode: "x" } }, "invalid PID mode: x"],
    [{ HostConfig: { IpcMode: "x" } }, "invalid IPC mode: x"],
    [{ HostConfig: { UTSMode: "x" } }, "invalid UTS mode: x"],
    [{ HostConfig: { UsernsMode: "x" } }, "invalid user namespace mode: x"],
    [{ HostConfig: { CgroupnsMode: "x" } }, "invalid cgroup namespace mode: x"],
    [{ HostConfig: { NetworkMode: "container:" } }, "invalid container format container:<name|id>"],
    [{ HostConfig: { SecurityOpt: ["x"] } }, 'invalid --security-opt 1: "x"'],
    [{ HostConfig: { SecurityOpt: ["x=y"] } }, 'invalid --security-opt 2: "x=y"'],
    [
      { HostConfig: { SecurityOpt: ["no-new-privileges=x"] } },
      'invalid --security-opt 2: "no-new-privileges=x"',
    ],
    [{ HostConfig: { DeviceCgroupRules: ["c 1"] } }, "invalid device cgroup rule format: 'c 1'"],
    [
      { HostConfig: { Devices: [{ PathOnHost: "/dev/a", CgroupPermissions: "x" }] } },
      "invalid device mode: x",
    ],
    [
      { HostConfig: { BlkioDeviceReadBps: [{ Path: "/nowhere", Rate: 1 }] } },
      "/nowhere: no such file or directory",
    ],
    [{ HostConfig: { PortBindings: { "80/icmp": [] } } }, 'invalid port specification: "80/icmp"'],
    [
      { HostConfig: { PortBindings: { "80/tcp": [{ HostPort: "9-8" }] } } },
      'invalid port specification: "9-8"',
    ],
    [
      { HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "localhost" }] } } },
      "invalid IP address: localhost",
    ],
    [
      {
        MacAddress: "02:00:00:00:00:01",
        NetworkingConfig: { EndpointsConfig: { bridge: { MacAddress: "02:00:00:00:00:02" } } },
      },
      "must match the endpoint-specific MAC address",
    ],
    [{ HostConfig: { ExtraHosts: ["x"] } }, 'bad format for add-host: "x"'],
    [
      { HostConfig: { Sysctls: { "net.ipv4.conf.eth0.forwarding": "1" } } },
      "interface specific sysctl setting",
    ],
    [{ HostConfig: { LogConfig: { Type: "x" } } }, "logger: no log driver named 'x' is registered"],
    [
      { HostConfig: { RestartPolicy: { Name: "no", MaximumRetryCount: 2 } } },
      "maximum retry count can only be used with 'on-failure'",
    ],
    [
      { HostConfig: { RestartPolicy: { Name: "always", MaximumRetryCount: -2 } } },
      "maximum retry count can only be used with 'on-failure' and cannot be negative",
    ],
    [
      { HostConfig: { RestartPolicy: { Name: "on-failure", MaximumRetryCount: -2 } } },
      "invalid restart policy: maximum retry count cannot be negative",
    ],
    [
      { HostConfig: { RestartPolicy: { Name: "sometimes" } } },
      "invalid restart policy: unknown policy 'sometimes'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
    ],
    [
      { ExposedPorts: { "80/tcp": {} }, HostConfig: { NetworkMode: "container:x" } },
      "conflicting options: port exposing and the container type network mode",
    ],
  ])("%j", (body, message) => {
    expect(refusal(body)).toMatchObject({
      kind: "invalid",
      message: expect.stringContaining(message),
    });
  });

  test("several endpoints are refused before 1.44", () => {
    const body = { NetworkingConfig: { EndpointsConfig: { bridge: {}, other: {} } } };
    expect(() => decode(body, 43)).toThrow("multiple network endpoints");
  });
});
