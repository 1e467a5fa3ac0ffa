import { expect, test } from "bun:test";
import {
  containerConfig,
  FULL_HOST,
  imageConfig,
  type TestConfig,
} from "../../../test/support/container-config.ts";
import { combineConfig } from "./effective.ts";
import { buildSpec, type SpecInputs } from "./spec.ts";

const ID = "0123456789ab".padEnd(64, "0");
const RANGE = { hostId: 524_288, size: 65_536 };

function specOf(asked: TestConfig = {}, change: Partial<SpecInputs> = {}) {
  const config = containerConfig({ command: ["true"], ...asked });
  return buildSpec({
    id: ID,
    config,
    effective: combineConfig(config, imageConfig(), ID.slice(0, 12)),
    user: { uid: 0, gid: 0, additionalGids: [0], home: "/root" },
    userNamespace: RANGE,
    joined: {},
    facts: FULL_HOST,
    capabilities: ["CAP_CHOWN"],
    mounts: [],
    deviceMounts: [],
    files: { "/etc/hosts": "/c/hosts", "/etc/hostname": "/c/hostname" },
    devices: [],
    resources: {},
    ...change,
  });
}

const targets = (spec: ReturnType<typeof specOf>) =>
  (spec.mounts ?? []).map(({ destination }) => destination);

test("a container's spec has Docker's defaults", () => {
  const spec = specOf();

  expect(spec.process).toEqual({
    args: ["true"],
    env: [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      "HOSTNAME=0123456789ab",
      "HOME=/root",
    ],
    cwd: "/",
    user: { uid: 0, gid: 0, additionalGids: [0] },
    capabilities: { bounding: ["CAP_CHOWN"], effective: ["CAP_CHOWN"], permitted: ["CAP_CHOWN"] },
  });
  expect(spec).toMatchObject({
    hostname: "0123456789ab",
    root: { readonly: false },
    linux: {
      uidMappings: [{ containerID: 0, hostID: RANGE.hostId, size: RANGE.size }],
      cgroupsPath: `/sampan/${ID}`,
      sysctl: {
        "net.ipv4.ip_unprivileged_port_start": "0",
        "net.ipv4.ping_group_range": "0 65535",
      },
    },
  });
  expect(targets(spec).join(" ")).toBe(
    "/proc /dev /dev/pts /sys /sys/fs/cgroup /dev/mqueue /dev/shm /etc/hosts /etc/hostname",
  );
  expect(spec.linux?.maskedPaths).toContain("/sys/devices/system/cpu/cpu1/thermal_throttle");
  expect(spec.linux?.readonlyPaths).toContain("/proc/sys");
});

test("what the user mounts comes in the place of what is there by default", () => {
  const mount = (target: string) =>
    ({ kind: "tmpfs", target, readonly: false, options: [], via: "tmpfs" }) as const;

  expect(targets(specOf({}, { mounts: [mount("/etc/hosts")] })).at(-1)).toBe("/etc/hosts");
  expect(targets(specOf({}, { mounts: [mount("/etc/hosts")] }))).not.toContain("/c/hosts");
  expect(targets(specOf({}, { mounts: [mount("/dev")] }))).toEqual(
    "/proc /sys /sys/fs/cgroup /dev /etc/hosts /etc/hostname".split(" "),
  );
});

test("what comes with devices is in the place of what the user mounts there, and of other devices", () => {
  const mount = {
    kind: "tmpfs",
    target: "/a",
    readonly: false,
    options: [],
    via: "tmpfs",
  } as const;
  const given = { destination: "/a", type: "bind", source: "/opt", options: ["rbind"] };
  const node = (minor: number) => ({
    device: { type: "c", path: "/dev/a", major: 9, minor } as const,
    access: "rw",
  });
  const devices = [node(1), node(2)];
  const spec = specOf({}, { mounts: [mount], deviceMounts: [given], devices });

  expect(spec.mounts?.filter(({ destination }) => destination === "/a")).toEqual([given]);
  expect(spec.linux?.devices).toEqual([node(2).device]);
});

test("a privileged container is hidden nothing, and may write to /sys", () => {
  const spec = specOf({ host: { privileged: true } }, { userNamespace: "host" });
  const sys = spec.mounts?.find(({ destination }) => destination === "/sys");

  expect(spec.linux).toMatchObject({ maskedPaths: [], readonlyPaths: [] });
  expect(spec.linux).not.toHaveProperty("uidMappings");
  expect(spec.linux?.resources?.devices).toEqual([{ allow: true, access: "rwm" }]);
  expect(sys?.options).not.toContain("ro");
});

test.each<[TestConfig, object]>([
  [{ host: { security: open() } }, { linux: { maskedPaths: [], readonlyPaths: [] } }],
  [{ host: { maskedPaths: ["/x"] } }, { linux: { maskedPaths: ["/x"] } }],
  [{ host: { cgroupParent: "../../up" } }, { linux: { cgroupsPath: `/up/${ID}` } }],
  [{ host: { readonlyRoot: true } }, { root: { readonly: true } }],
  [{ host: { oomScoreAdj: 9 } }, { process: { oomScoreAdj: 9 } }],
  [{ domainname: "a.b" }, { domainname: "a.b" }],
  [
    { tty: true, host: { consoleSize: { rows: 1, columns: 2 } } },
    { process: { terminal: true, consoleSize: { height: 1, width: 2 } } },
  ],
])("%p shows in the spec", (asked, expected) => {
  expect(specOf(asked)).toMatchObject(expected);
});

function open() {
  return { noNewPrivileges: false, seccomp: "default", unconfinedPaths: true, asked: [] } as const;
}

test("in the host's uts and network namespaces nothing of theirs is set", () => {
  const host = { uts: "host", network: { kind: "host" } } as const;
  const spec = specOf({ host }, { userNamespace: "host" });

  expect(spec).not.toHaveProperty("hostname");
  expect(spec.linux).not.toHaveProperty("sysctl");
});

test.each([
  ["none", "/dev/mqueue"],
  ["private", "/dev/mqueue /dev/shm"],
] as const)("with --ipc %s there is %s", (kind, expected) => {
  const ipc = targets(specOf({ host: { ipc: { kind } } })).filter((target) =>
    /mqueue|shm/.test(target),
  );

  expect(ipc.join(" ")).toBe(expected);
});
