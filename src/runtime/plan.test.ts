import { expect, test } from "bun:test";
import { CLONE_FLAG } from "../linux/namespace.ts";
import type { Process, Spec } from "../oci/runtime-spec.ts";
import type { Stdio } from "./model.ts";
import { planContainer, planExec } from "./plan.ts";
import type { ContainerPlanInputs, HostInputs } from "./plan-inputs.ts";
import type { Argument, Operation, Step } from "./step.ts";

const SECCOMP = { flags: 0, instructions: new Uint8Array(16) };

const HOST: HostInputs = {
  cgroup: { version: "2" },
  bindKinds: new Map([["/file", "file"]]),
  network: [{ message: Uint8Array.of(1), what: "bring lo up" }],
  heldCapabilities: 0b1111n,
  seccomp: SECCOMP,
};

const PROCESS: Process = {
  args: ["sh", "-c", "echo hi"],
  env: ["A=1", "B=2"],
  cwd: "/work",
  user: { uid: 5, gid: 6, additionalGids: [7] },
  capabilities: { bounding: ["CAP_CHOWN", "CAP_KILL"], permitted: ["CAP_CHOWN"] },
};

const SPEC: Spec = {
  ociVersion: "1.2.0",
  hostname: "box",
  domainname: "example.test",
  root: { path: "rootfs", readonly: true },
  process: PROCESS,
  mounts: [
    { destination: "/proc", type: "proc", options: ["nosuid"] },
    { destination: "/dev", type: "tmpfs" },
    { destination: "/sys", type: "sysfs" },
    { destination: "/sys/fs/cgroup", type: "cgroup", options: ["ro"] },
    { destination: "/file", type: "bind", source: "/host/file" },
    { destination: "/tmp", type: "tmpfs", options: ["size=1k"] },
  ],
  linux: {
    namespaces: [{ type: "user" }, { type: "mount" }, { type: "cgroup" }],
    maskedPaths: ["/proc/kcore"],
    readonlyPaths: ["/proc/sys"],
    sysctl: { "net.ipv4.ip_forward": "1" },
  },
};

test("planContainer() ends in exactly one exec, and every step says what and why", () => {
  for (const reaper of [false, true]) {
    const steps = plan({ reaper });

    expect(steps.filter(({ op }) => op.startsWith("exec"))).toHaveLength(1);
    expect(steps.at(-1)).toMatchObject({
      op: reaper ? "exec-under-reaper" : "exec",
      args: ["sh", "-c", "echo hi"],
    });
    expect(steps.every(({ what, why }) => what !== "" && why !== "")).toBe(true);
  }
});

// The design, as pairs: the first must come before the second.
test.each<[Operation, Operation, string]>([
  ["become-root", "root", "so that what is made belongs to the container's root"],
  ["unshare", "root", "so that the cgroup file system shows the container's own"],
  ["make", "root", "the kernel lets mount what is still visible in the host's tree"],
  ["root", "mkdir", "no path of an image is used while the host's tree is there"],
  ["root", "attach", "no path of an image is used while the host's tree is there"],
  ["put", "sysctl", "/proc/sys must be there"],
  ["sysctl", "readonly", "/proc/sys is read-only after it"],
  ["readonly", "mask", "a mask in a read-only path stays on top"],
  ["attach", "mask", "a mount must not cover a mask"],
  ["mount", "mask", "a mount must not cover a mask"],
  ["cwd", "mount-readonly", "a missing working directory is made in the root"],
  ["mount-readonly", "bounding", "remounting needs capabilities"],
  ["cwd", "user", "root may enter what the user may not"],
  ["bounding", "user", "dropping needs CAP_SETPCAP"],
  ["user", "capabilities", "a changed user loses capabilities"],
  ["environment", "exec", "exec looks PATH up"],
])("planContainer() has its last %s before its first %s: %s", (first, second) => {
  const operations = plan().map(({ op }) => op);

  expect(operations).toContain(first);
  expect(operations).toContain(second);
  // Mount points are made all along: of those the first counts.
  const last =
    second === "mkdir" || second === "attach"
      ? operations.indexOf(first)
      : operations.lastIndexOf(first);
  expect(last).toBeLessThan(
    first === "cwd" ? operations.lastIndexOf(second) : operations.indexOf(second),
  );
});

test("without no-new-privileges the filter goes before the capabilities, with it last of all", () => {
  const identity = (noNewPrivileges: boolean) => {
    const process = { ...PROCESS, noNewPrivileges };
    const operations = plan({ spec: { ...SPEC, process } }).map(({ op }) => op);
    return operations.slice(operations.indexOf("bounding"), operations.indexOf("environment"));
  };

  expect(identity(false)).toEqual(["bounding", "seccomp", "user", "capabilities", "umask"]);
  expect(identity(true)).toEqual([
    "bounding",
    "user",
    "capabilities",
    "umask",
    "no-new-privileges",
    "seccomp",
  ]);
});

test("without a filter there is no step for one", () => {
  const { seccomp: _, ...host } = HOST;

  expect(plan({ host }).map(({ op }) => op)).not.toContain("seccomp");
});

test("in the host's user namespace nothing becomes root, and capabilities are cut to what is held", () => {
  const namespaces = [{ type: "mount" }] as const;
  const capabilities = { bounding: ["CAP_CHOWN", "CAP_SYS_ADMIN"] };
  const spec = { ...SPEC, process: { ...PROCESS, capabilities }, linux: { namespaces } };
  const own = { ...spec, linux: { namespaces: [{ type: "user" }] } } as const;

  expect(plan({ spec }).map(({ op }) => op)).not.toContain("become-root");
  expect(argsOf(plan({ spec }), "bounding")).toEqual([1n]);
  expect(argsOf(plan({ spec: own }), "bounding")).toEqual([(1n << 21n) | 1n]);
});

test("the user's ids, groups, umask and variables are passed as they are", () => {
  const steps = plan();

  expect(argsOf(steps, "user")).toEqual([5, 6, 7]);
  expect(argsOf(steps, "umask")).toEqual([0o022]);
  expect(argsOf(steps, "environment")).toEqual(["A=1", "B=2"]);
  expect(argsOf(steps, "capabilities")).toEqual([0n, 1n, 0n, 0n]);
});

test("mounts are made in the spec's order, each after its mount point", () => {
  const steps = plan().filter(({ op }) => ["mkdir", "file", "attach", "mount", "put"].includes(op));

  expect(
    steps.map(({ op, args }) => `${op} ${args.find((arg) => String(arg).startsWith("/"))}`),
  ).toEqual([
    ...["mkdir /proc", "put /proc", "mkdir /dev", "attach /dev", "mkdir /sys", "put /sys"],
    ...["mkdir /sys/fs/cgroup", "mount /sys/fs/cgroup", "file /file", "attach /file"],
    ...["mkdir /tmp", "mount /tmp", "mkdir /work"],
  ]);
});

test("on cgroup v1 init enters each hierarchy first of all, and sees its own part of each", () => {
  const hierarchies = ["cpu,cpuacct", "memory"];
  const steps = plan({ host: { ...HOST, cgroup: { version: "1", hierarchies } } });

  expect(steps.slice(0, 2).map(({ op, args }) => [op, ...args])).toEqual([
    ["write", { passed: "cgroup cpu,cpuacct" }, "0"],
    ["write", { passed: "cgroup memory" }, "0"],
  ]);
  expect(steps.flatMap(({ args: [fd, path] }) => (isView(fd) ? [path] : []))).toEqual([
    "/sys/fs/cgroup/cpu,cpuacct",
    "/sys/fs/cgroup/memory",
  ]);
  expect(plan().map(({ op }) => op)).not.toContain("write");
});

test("namespaces with a path are joined, but for those that must be joined before the clone", () => {
  const path = "/proc/1/ns/x";
  const namespaces = (["user", "pid", "network", "ipc"] as const).map((type) => ({ type, path }));
  const steps = plan({ spec: { ...SPEC, linux: { namespaces } } });

  expect(steps.filter(({ op }) => op === "setns").map(({ args }) => args)).toEqual([
    [{ passed: "namespace network" }, CLONE_FLAG.network],
    [{ passed: "namespace ipc" }, CLONE_FLAG.ipc],
  ]);
});

test.each<[Stdio, Operation[]]>([
  [{ stdin: true, stdinOnce: false }, []],
  [{ stdin: false, stdinOnce: false }, ["null-stdin"]],
  [{ stdin: true, stdinOnce: false, terminal: { rows: 1, columns: 2 } }, ["terminal"]],
])("stdio %p takes the steps %p", (stdio, expected) => {
  const operations = plan({ stdio }).map(({ op }) => op);
  const made = operations.filter((op): boolean => op === "null-stdin" || op === "terminal");

  expect(made).toEqual(expected);
});

test("a file system that is not known is refused by name", () => {
  const spec = { ...SPEC, mounts: [{ destination: "/x", type: "nfs" }] };

  expect(() => plan({ spec })).toThrow('Cannot mount a "nfs" on "/x": not supported');
});

test("a spec without a process is no start", () => {
  const { process: _, ...spec } = SPEC;

  expect(() => plan({ spec })).toThrow("without a process");
});

test("the same inputs make the same plan", () => {
  expect(plan()).toEqual(plan());
});

test("planExec() joins each namespace before it does anything in the container", () => {
  const steps = planExec({
    process: PROCESS,
    stdio: { stdin: false, stdinOnce: false },
    ownUserNamespace: true,
    namespaces: ["mount", "network"],
    host: HOST,
  });

  expect(steps.map(({ op }) => op)).toEqual([
    ...(["become-root", "setns", "setns", "null-stdin", "cwd", "bounding", "seccomp"] as const),
    ...(["user", "capabilities", "umask", "environment", "exec"] as const),
  ]);
});

function plan(part: Partial<ContainerPlanInputs> = {}): readonly Step[] {
  const stdio = { stdin: false, stdinOnce: false };
  return planContainer({ spec: SPEC, stdio, reaper: false, host: HOST, ...part });
}

function isView(argument: Argument | undefined): boolean {
  return typeof argument === "object" && "passed" in argument && argument.passed.includes("view");
}

function argsOf(steps: readonly Step[], op: Operation): readonly unknown[] {
  return steps.find((step) => step.op === op)?.args ?? [];
}
