import { describe, expect, test } from "bun:test";
import { EngineDouble } from "../../../test/support/double/engine.ts";
import type { ContainerView } from "../../engine/facade.ts";
import type { ContainerState } from "../../engine/model.ts";
import { NEWEST } from "../version.ts";
import { toContainerJson } from "./container-json.ts";
import { describeState, toContainerSummary } from "./container-summary.ts";
import { decodeCreate } from "./create-body.ts";
import { humanDuration } from "./duration.ts";
import { Fields } from "./fields.ts";
import { toImageJson, toImageSummary } from "./image-json.ts";
import { toInfoJson } from "./system-json.ts";

async function view(body: object = {}): Promise<ContainerView> {
  const engine = new EngineDouble();
  const fields = Fields.of({ Image: "busybox", Cmd: ["sleep", "a b"], ...body }, "ContainerConfig");
  await engine.containers.create(
    decodeCreate(fields, { name: "web", platform: "", version: NEWEST }),
  );
  return await engine.containers.get("web", { size: false });
}

describe("inspect", () => {
  test("has every field that Docker 28 has", async () => {
    const json = toContainerJson(await view(), NEWEST);
    expect(Object.keys(json).join(" ")).toBe(
      "Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount Driver Platform MountLabel ProcessLabel AppArmorProfile ExecIDs HostConfig GraphDriver Mounts Config NetworkSettings",
    );
    expect(Object.keys(json.State).join(" ")).toBe(
      "Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt",
    );
    expect(Object.keys(json.Config).join(" ")).toBe(
      "Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes WorkingDir Entrypoint OnBuild Labels",
    );
    expect(Object.keys(json.HostConfig).join(" ")).toBe(
      "Binds ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver VolumesFrom ConsoleSize CapAdd CapDrop CgroupnsMode Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt UTSMode UsernsMode ShmSize Runtime Isolation CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Devices DeviceCgroupRules DeviceRequests MemoryReservation MemorySwap MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth MaskedPaths ReadonlyPaths",
    );
    expect(Object.keys(json.NetworkSettings).join(" ")).toBe(
      "Bridge SandboxID SandboxKey Ports HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen SecondaryIPAddresses SecondaryIPv6Addresses EndpointID Gateway GlobalIPv6Address GlobalIPv6PrefixLen IPAddress IPPrefixLen IPv6Gateway MacAddress Networks",
    );
  });

  test("shows HostConfig as it was asked for, with what the defaults came to", async () => {
    const { HostConfig } = toContainerJson(
      await view({
        HostConfig: {
          memory: 64e6,
          Binds: ["/a:/b"],
          CapAdd: ["ALL"],
          NetworkMode: "default",
          LogConfig: { Type: "local" },
          Tmpfs: { "/t": "" },
          Unknown: 1,
        },
      }),
      NEWEST,
    );
    expect(HostConfig).toMatchObject({
      Memory: 64e6,
      MemorySwap: 128e6,
      Binds: ["/a:/b"],
      CapAdd: ["ALL"],
      NetworkMode: "bridge",
      Tmpfs: { "/t": "" },
      ShmSize: 67_108_864,
      IpcMode: "private",
      LogConfig: { Type: "local", Config: {} },
      Dns: [],
    });
    expect(HostConfig).not.toHaveProperty("Unknown");
    expect(HostConfig).not.toHaveProperty("memory");
    expect(HostConfig["MaskedPaths"]).toContain("/proc/kcore");
  });

  test("shows no hidden paths of a privileged container", async () => {
    const { HostConfig } = toContainerJson(
      await view({ HostConfig: { Privileged: true } }),
      NEWEST,
    );
    expect([HostConfig["MaskedPaths"], HostConfig["ReadonlyPaths"]]).toEqual([null, null]);
  });

  test("shows ports while it runs, and the MAC address of old", async () => {
    const created = await view({ ExposedPorts: { "80/tcp": {} } });
    const running = { ...created, state: { ...created.state, status: "running" as const } };
    expect(toContainerJson(created, NEWEST).NetworkSettings.Ports).toEqual({});
    expect(toContainerJson(running, NEWEST).NetworkSettings.Ports).toEqual({ "80/tcp": null });
    expect(toContainerJson(created, 43).Config).toHaveProperty("MacAddress", "");
  });
});

describe("list", () => {
  test("has what `docker ps` shows", async () => {
    const container = await view({ Labels: { a: "b" }, ExposedPorts: { "80/tcp": {} } });
    const running = { ...container, state: { ...container.state, status: "running" as const } };
    const { Status, Created, ...json } = toContainerSummary(running, NEWEST);
    expect(Created).toBeGreaterThan(1.7e9);
    expect(Status).toStartWith("Up ");
    expect(json).toMatchObject({
      Id: container.id,
      Names: ["/web"],
      Image: "busybox",
      Command: "sleep 'a b'",
      Ports: [{ PrivatePort: 80, Type: "tcp" }],
      Labels: { a: "b" },
      State: "running",
      HostConfig: { NetworkMode: "bridge" },
      Mounts: [],
    });
    expect(json).not.toHaveProperty("SizeRw");
  });

  test("has annotations since 1.46", async () => {
    const container = await view({ HostConfig: { Annotations: { a: "b" } } });
    expect(toContainerSummary(container, 45).HostConfig).toEqual({ NetworkMode: "bridge" });
    expect(toContainerSummary(container, 46).HostConfig.Annotations).toEqual({ a: "b" });
  });

  const state: ContainerState = {
    status: "created",
    pid: 0,
    exitCode: 3,
    oomKilled: false,
    error: "",
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T01:00:00Z",
  };
  test.each<[Partial<ContainerState>, string]>([
    [{}, "Created"],
    [{ status: "running" }, "Up 3 hours"],
    [{ status: "paused" }, "Up 3 hours (Paused)"],
    [{ status: "restarting" }, "Restarting (3) 2 hours ago"],
    [{ status: "exited" }, "Exited (3) 2 hours ago"],
    [{ status: "exited", finishedAt: "0001-01-01T00:00:00Z" }, ""],
    [{ status: "removing" }, "Removal In Progress"],
    [{ status: "dead" }, "Dead"],
  ])("%j is %s", async (change, words) => {
    const container = { ...(await view()), state: { ...state, ...change } };
    expect(describeState(container, Date.parse("2026-01-01T03:00:00Z"))).toBe(words);
  });
});

test.each([
  [0, "Less than a second"],
  [1, "1 second"],
  [59, "59 seconds"],
  [60, "About a minute"],
  [119, "About a minute"],
  [120, "2 minutes"],
  [3599, "59 minutes"],
  [3600, "About an hour"],
  [5400, "2 hours"],
  [47 * 3600, "47 hours"],
  [48 * 3600, "2 days"],
  [13 * 86400, "13 days"],
  [14 * 86400, "2 weeks"],
  [60 * 86400, "2 months"],
  [730 * 86400, "2 years"],
])("%d seconds are %s", (seconds, words) => {
  expect(humanDuration(seconds * 1000)).toBe(words);
});

describe("images", () => {
  test("have what each version knows of them", async () => {
    const image = await new EngineDouble().images.get("busybox");
    expect(toImageSummary(image, 51).Containers).toBe(0);
    expect(toImageSummary(image, 50).Containers).toBe(-1);
    expect(toImageSummary(image, 43).VirtualSize).toBe(4_000_000);
    expect(toImageSummary(image, 44)).not.toHaveProperty("VirtualSize");
    expect(toImageJson(image, 49).Config).toMatchObject({
      Hostname: "",
      Image: "",
      Entrypoint: null,
    });
    expect(toImageJson(image, 44)).toMatchObject({ ContainerConfig: { Cmd: ["sh"] } });
    expect(toImageJson(image, 45)).not.toHaveProperty("ContainerConfig");
    expect(toImageJson(image, 50).Config).toEqual({ Env: ["PATH=/bin"], Cmd: ["sh"] });
  });
});

test("info has the firewall since 1.49, and devices by name since 1.50", async () => {
  const { system } = new EngineDouble();
  const info = await system.info();
  expect(toInfoJson(info, system.version(), 48)).not.toHaveProperty("FirewallBackend");
  expect(toInfoJson(info, system.version(), 49)).not.toHaveProperty("DiscoveredDevices");
  expect(toInfoJson(info, system.version(), 50)).toMatchObject({
    CDISpecDirs: ["/etc/cdi"],
    DiscoveredDevices: [{ Source: "cdi", ID: "vendor.com/net=a" }],
    RegistryConfig: {
      Mirrors: ["http://mirror/"],
      InsecureRegistryCIDRs: ["::1/128", "127.0.0.0/8", "10.0.0.0/8"],
      IndexConfigs: { "docker.io": { Official: true }, "old:5000": { Secure: false } },
    },
    Containers: 3,
    MemoryLimit: true,
    SwapLimit: false,
    PidsLimit: true,
    FirewallBackend: { Driver: "nftables" },
  });
});
