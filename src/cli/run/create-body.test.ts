import { describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { parseFlags } from "../flags/parse-flags.ts";
import { CONTAINER_FLAGS } from "./container-flags.ts";
import { toCreateBody } from "./create-body.ts";

const io = recordedIo({ env: { HOME: "/root", EMPTY: "" }, directory: "/here/there" });

/** What a command line sends, without what says nothing: empty, zero, false or undefined. */
async function bodyOf(args: readonly string[]): Promise<unknown> {
  const parsed = parseFlags(CONTAINER_FLAGS, [...args, "busybox"], { stopAtOperand: true });
  const [image = "", ...command] = parsed.operands;
  const body = await toCreateBody({ flags: parsed.values, detach: false, image, command }, io);
  return prune(JSON.parse(JSON.stringify(body)));
}

function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, prune(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => !isEmpty(item)));
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === null || value === "" || value === 0 || value === false;
}

const PLAIN_HOST = {
  MemorySwappiness: -1,
  NetworkMode: "default",
  RestartPolicy: { Name: "no" },
};
const PLAIN = { AttachStdout: true, AttachStderr: true, Image: "busybox", HostConfig: PLAIN_HOST };

test("an image alone asks for nothing but output", async () => {
  expect(await bodyOf([])).toEqual(PLAIN);
});

describe("HostConfig of", () => {
  test.each<[string[], object]>([
    [["-m", "1.5gib", "--memory-swap", "-1"], { Memory: 1610612736, MemorySwap: -1 }],
    [
      ["--cpus", "1.5", "-c", "5", "--pids-limit", "-1"],
      { NanoCpus: 1.5e9, CpuShares: 5, PidsLimit: -1 },
    ],
    [
      ["--cap-add", "net_admin", "--cap-add=CAP_SYS_PTRACE"],
      { CapAdd: ["CAP_NET_ADMIN", "CAP_SYS_PTRACE"] },
    ],
    [["--cap-add=a", "--cap-drop=ALL"], { CapAdd: ["CAP_A"], CapDrop: ["ALL"] }],
    [["--cap-add=a", "--cap-drop=a", "--cap-drop=b"], { CapAdd: ["CAP_A"], CapDrop: ["CAP_B"] }],
    [["-v", "./rel:/x", "-v", "named:/y:ro,z"], { Binds: ["/here/there/rel:/x", "named:/y:ro,z"] }],
    [["-v", "..:/x"], { Binds: ["/here:/x"] }],
    [["--tmpfs", "/x:size=1m,mode=1777"], { Tmpfs: { "/x": "size=1m,mode=1777" } }],
    [
      ["--restart", "on-failure:3"],
      { RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 } },
    ],
    [
      ["--log-driver", "json-file", "--log-opt", "max-size=1m"],
      { LogConfig: { Type: "json-file", Config: { "max-size": "1m" } } },
    ],
    [
      ["--ulimit", "nofile=5:6", "--ulimit", "core=-1"],
      {
        Ulimits: [
          { Name: "core", Soft: -1, Hard: -1 },
          { Name: "nofile", Soft: 5, Hard: 6 },
        ],
      },
    ],
    [["--sysctl", "net.ipv4.ip_forward=1"], { Sysctls: { "net.ipv4.ip_forward": "1" } }],
    [["--add-host", "a=1.2.3.4", "--add-host", "b:[::1]"], { ExtraHosts: ["a:1.2.3.4", "b:::1"] }],
    [
      ["--device", "/dev/null:/dev/x:r", "--device", "/dev/zero:rw"],
      {
        Devices: [
          { PathOnHost: "/dev/null", PathInContainer: "/dev/x", CgroupPermissions: "r" },
          { PathOnHost: "/dev/zero", PathInContainer: "/dev/zero", CgroupPermissions: "rw" },
        ],
      },
    ],
    [
      ["--device", "vendor.com/class=x"],
      { DeviceRequests: [{ Driver: "cdi", DeviceIDs: ["vendor.com/class=x"] }] },
    ],
    [["--gpus", "all"], { DeviceRequests: [{ Count: -1, Capabilities: [["gpu"]] }] }],
    [
      ["--gpus", '"device=0,1",driver=x'],
      { DeviceRequests: [{ Driver: "x", DeviceIDs: ["0", "1"], Capabilities: [["gpu"]] }] },
    ],
    [
      ["--blkio-weight-device", "/dev/x:50", "--device-read-bps", "/dev/x:1m"],
      {
        BlkioWeightDevice: [{ Path: "/dev/x", Weight: 50 }],
        BlkioDeviceReadBps: [{ Path: "/dev/x", Rate: 1048576 }],
      },
    ],
    [
      ["--security-opt", "no-new-privileges", "--security-opt", "label:disable"],
      { SecurityOpt: ["no-new-privileges", "label:disable"] },
    ],
    [["--link", "a:b"], { Links: ["a:b"] }],
    [
      ["--userns", "private", "--pid", "container:x", "--uts", "host", "--cgroupns", "host"],
      { UsernsMode: "private", PidMode: "container:x", UTSMode: "host", CgroupnsMode: "host" },
    ],
    [
      ["--mount", "type=bind,src=./a,dst=/b,ro,bind-propagation=rshared"],
      {
        Mounts: [
          {
            Type: "bind",
            Source: "/here/there/a",
            Target: "/b",
            ReadOnly: true,
            BindOptions: { Propagation: "rshared" },
          },
        ],
      },
    ],
    [
      ["--mount", "type=tmpfs,dst=/x,tmpfs-size=1m,tmpfs-mode=1770"],
      {
        Mounts: [
          { Type: "tmpfs", Target: "/x", TmpfsOptions: { SizeBytes: 1048576, Mode: 0o1770 } },
        ],
      },
    ],
    [
      ["--mount", "src=v,dst=/x,volume-nocopy,volume-label=a=b,volume-opt=o=x"],
      {
        Mounts: [
          {
            Type: "volume",
            Source: "v",
            Target: "/x",
            VolumeOptions: {
              NoCopy: true,
              Labels: { a: "b" },
              DriverConfig: { Options: { o: "x" } },
            },
          },
        ],
      },
    ],
    [
      ["--rm", "--init", "--read-only", "--privileged", "-P"],
      {
        AutoRemove: true,
        Init: true,
        ReadonlyRootfs: true,
        Privileged: true,
        PublishAllPorts: true,
      },
    ],
    [["--network", "none"], { NetworkMode: "none" }],
  ])("%p", async (args, expected) => {
    expect(await bodyOf(args)).toMatchObject({ HostConfig: { ...PLAIN_HOST, ...expected } });
  });

  test("unconfined system paths are said by empty lists, which are not left out", async () => {
    const { values } = parseFlags(CONTAINER_FLAGS, ["--security-opt", "systempaths=unconfined"]);
    const body = await toCreateBody({ flags: values, detach: false, image: "x", command: [] }, io);
    expect(body.HostConfig).toMatchObject({ MaskedPaths: [], ReadonlyPaths: [], SecurityOpt: [] });
  });
});

describe("Config of", () => {
  test.each<[string[], object]>([
    [["-it"], { AttachStdin: true, OpenStdin: true, StdinOnce: true, Tty: true }],
    [["-a", "stdin", "-a", "STDOUT"], { AttachStdin: true, AttachStdout: true }],
    [
      ["-e", "A=1", "-e", "HOME", "-e", "EMPTY", "-e", "NOSUCH"],
      { Env: ["A=1", "HOME=/root", "EMPTY=", "NOSUCH"] },
    ],
    [["-l", "a=b=c", "-l", "d=e"], { Labels: { a: "b=c", d: "e" } }],
    [["--entrypoint", ""], { Entrypoint: [""] }],
    [["--entrypoint", "a b"], { Entrypoint: ["a b"] }],
    [["--stop-timeout", "5", "--stop-signal", "9"], { StopTimeout: 5, StopSignal: "9" }],
    [
      ["--health-cmd", "x", "--health-interval", "1m30s"],
      { Healthcheck: { Test: ["CMD-SHELL", "x"], Interval: 90e9 } },
    ],
    [["--health-tcp", "80"], { Healthcheck: { Test: ["TCP", "80"] } }],
    [
      ["--health-http", ":80/x", "--health-retries", "2"],
      { Healthcheck: { Test: ["HTTP", ":80/x"], Retries: 2 } },
    ],
    [["--health-on-failure", "kill"], { HostConfig: { HealthOnFailure: "kill" } }],
    [["--timeout", "5"], { HostConfig: { Timeout: 5 } }],
    [["--no-healthcheck"], { Healthcheck: { Test: ["NONE"] } }],
    [["-h", "h", "-u", "1:2", "-w", "/x"], { Hostname: "h", User: "1:2", WorkingDir: "/x" }],
  ])("%p", async (args, expected) => {
    expect(await bodyOf(args)).toMatchObject(expected);
  });
});

test("nobody is attached with --detach", async () => {
  const { values } = parseFlags(CONTAINER_FLAGS, ["-i"]);
  const body = await toCreateBody({ flags: values, detach: true, image: "x", command: [] }, io);
  expect(body).toMatchObject({
    AttachStdin: false,
    AttachStdout: false,
    OpenStdin: true,
    StdinOnce: false,
  });
});

test("files that options name are read by the client", async () => {
  const directory = await mkdtemp("/tmp/sampan-flags-");
  try {
    await Bun.write(`${directory}/env`, "# note\n\n  A=1 \nHOME\nNOSUCH\n");
    await Bun.write(`${directory}/labels`, "a=1\nb\n");
    await Bun.write(`${directory}/profile`, '{ "defaultAction": "SCMP_ACT_ALLOW" }');
    await Bun.write(`${directory}/spaced`, "A B=1\n");
    const body = await bodyOf([
      `--env-file=${directory}/env`,
      "-e=A=2",
      `--label-file=${directory}/labels`,
      `--security-opt=seccomp=${directory}/profile`,
    ]);
    expect(body).toMatchObject({
      Env: ["A=1 ", "HOME=/root", "A=2"],
      Labels: { a: "1" },
      HostConfig: { SecurityOpt: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] },
    });
    await expect(bodyOf([`--env-file=${directory}/spaced`])).rejects.toThrow(
      "variable 'A B' contains whitespaces",
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
