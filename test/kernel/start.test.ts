import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../src/base/errors.ts";
import { cgroupAt } from "../../src/linux/cgroup.ts";
import { listOwnDescriptors } from "../support/runtime-remains.ts";
import { newId, type ProgramOptions, RuntimeWorld } from "../support/runtime-world.ts";
import { waitUntil } from "../support/wait-until.ts";

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
  // What the first failure opens for all that come after is not left behind.
  await world.start({ args: ["/bin/nothing"] }).catch(() => {});
});

afterAll(() => world[Symbol.asyncDispose]());

test("a program runs as PID 1, as root of its namespaces, with what it was given", async () => {
  const script = "echo $$ $(id -u) $(hostname) $PWD $COLOUR; cat /proc/self/uid_map; exit 7";
  const options = { env: ["PATH=/bin", "COLOUR=blue"], cwd: "/made/for/it" };
  const result = await world.run({ args: ["sh", "-c", script], process: options });

  expect(result).toMatchObject({ exitCode: 7, signal: 0, oomKilled: false, stderr: "" });
  expect(result.stdout).toMatch(/^1 0 box \/made\/for\/it blue\n +0 1500000000 +65536\n$/);
});

test("every exit code comes out as it is", async () => {
  const container = await world.start({ args: ["sleep", "1000"] });
  const codes = Array.from({ length: 256 }, (_, code) => code);
  const seen: number[] = [];
  for (let from = 0; from < 256; from += 8) {
    const some = codes.slice(from, from + 8).map(async (code) => {
      return world.runExec(container, { args: ["sh", "-c", `exit ${code}`] });
    });
    seen.push(...(await Promise.all(some)).map(({ exitCode }) => exitCode));
  }
  const end = await world.kill(container);

  expect(seen).toEqual(codes);
  expect(end).toMatchObject({ exitCode: 137, signal: 9, oomKilled: false });
}, 600_000);

test.each([1, 2, 3, 6, 9, 11, 13, 14, 15, 34, 64])("signal %d ends a program", async (signal) => {
  const container = await world.start({ args: ["sleep", "1000"] });
  // PID 1 of a namespace gets from outside only what it cannot refuse: so another one is asked.
  const victim = await world.execute(container, { args: ["sleep", "1000"] });
  victim.running.kill(signal);
  const { exitCode, signal: seen } = await victim.running.exited;
  await world.kill(container);

  expect([exitCode, seen]).toEqual([128 + signal, signal]);
});

test("kill() after the end is ESRCH, also to a process that has its number since", async () => {
  const container = await world.start({ args: ["true"] });
  await world.end(container);

  expect(() => container.running.kill(0)).toThrow("ESRCH");
});

test("the times of start and end are those of the wall", async () => {
  // In the virtual machine another test sets the clock for some seconds: then it is measured again.
  await waitUntil("no clock has been set meanwhile", async () => {
    const before = BigInt(Date.now()) * 1_000_000n;
    const container = await world.start({ args: ["true"] });
    const { finishedAtNs } = await world.end(container);
    const after = BigInt(Date.now() + 1) * 1_000_000n;
    const { startedAtNs } = container.running;
    return before <= startedAtNs && startedAtNs <= finishedAtNs && finishedAtNs <= after;
  });
});

test("a host name, a domain name and sysctls are the container's alone", async () => {
  const output = await world.shell(
    "hostname; cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_unprivileged_port_start",
    {
      spec: { hostname: "inner", domainname: "example.test" },
      linux: { sysctl: { "net.ipv4.ip_unprivileged_port_start": "80" } },
    },
  );

  expect(output.split("\n")).toEqual(["inner", "example.test", "80"]);
});

test("umask, limits and the OOM score are as asked", async () => {
  const output = await world.shell("umask; ulimit -Sn; ulimit -Hn; cat /proc/self/oom_score_adj", {
    process: {
      user: { uid: 0, gid: 0, umask: 0o27 },
      rlimits: [{ type: "RLIMIT_NOFILE", soft: 77, hard: 88 }],
      oomScoreAdj: 500,
    },
  });

  expect(output.split("\n")).toEqual(["0027", "77", "88", "500"]);
});

test("trace() tells what each step of a start took, explain() the same steps before it", async () => {
  const container = await world.start({ args: ["true"] });
  const trace = world.runtime.trace(container.id);
  const before = world.runtime.explain(container.request);
  await world.end(container);

  expect(trace?.steps.map(({ op }) => op)).toEqual(before.steps.map(({ op }) => op));
  expect(trace?.steps.slice(0, -1).every(({ tookNs = 0 }) => tookNs > 0)).toBe(true);
  expect(trace?.phases.every(({ tookNs = 0 }) => tookNs > 0)).toBe(true);
  expect(trace?.pids).toEqual({ outside: container.running.pid, inside: 1 });
  expect(trace?.failed).toBeUndefined();
});

interface Failure extends ProgramOptions {
  readonly message: RegExp;
  /** What Docker's command line ends with. */
  readonly exitCode?: number;
}

const BIND = { type: "bind", options: ["rbind"] } as const;
const TMPFS = { type: "tmpfs", source: "x", destination: "/x", options: ["colour=red"] } as const;
const UNKNOWN_LIMIT = { type: "RLIMIT_NONE", soft: 1, hard: 1 } as const;

const FAILURES: Readonly<Record<string, Failure>> = {
  "a program that is not there": {
    args: ["/bin/nothing"],
    exitCode: 127,
    message: /stat \/bin\/nothing: no such file/,
  },
  "a program that is not in PATH": {
    args: ["nothing"],
    exitCode: 127,
    message: /executable file not found in \$PATH \(PATH is \/bin\)/,
  },
  "a program without a name": { args: [""], exitCode: 127, message: /not found in \$PATH/ },
  "a directory": { args: ["/etc"], exitCode: 126, message: /is a directory: permission denied/ },
  "a file that is not executable": {
    args: ["/etc/passwd"],
    exitCode: 126,
    message: /"\/etc\/passwd" is not executable \(its mode is 0644\)/,
  },
  "a script whose interpreter is missing": {
    args: ["script"],
    exitCode: 127,
    message: /"\/bin\/script" is there, but its script interpreter "\/bin\/bash" is not/,
  },
  "a text without #!": { args: ["/bin/text"], exitCode: 126, message: /exec format error/ },
  "a working directory that is a file": {
    args: ["true"],
    process: { cwd: "/etc/passwd" },
    exitCode: 127,
    message: /go to \/etc\/passwd .* it is a file, and must be a directory/,
  },
  "a bind of nothing": {
    args: ["true"],
    mounts: [{ ...BIND, source: "/no/where", destination: "/x" }],
    message: /bind source path does not exist: \/no\/where/,
  },
  "a bind of a directory on a file": {
    args: ["true"],
    mounts: [{ ...BIND, source: "/var/tmp", destination: "/etc/passwd" }],
    exitCode: 127,
    message: /a directory can only be mounted on a directory/,
  },
  "an unknown file system": {
    args: ["true"],
    mounts: [{ type: "ext4", source: "x", destination: "/x" }],
    message: /"ext4" on "\/x": not supported/,
  },
  "an option that a file system does not know": {
    args: ["true"],
    mounts: [TMPFS],
    exitCode: 127,
    message: /tmpfs on \/x.*EINVAL.*colour/,
  },
  "a sysctl that is none": {
    args: ["true"],
    linux: { sysctl: { "net.none": "1" } },
    exitCode: 127,
    message: /this kernel has no such setting/,
  },
  "an unknown limit": {
    args: ["true"],
    process: { rlimits: [UNKNOWN_LIMIT] },
    message: /invalid ulimit type: RLIMIT_NONE/,
  },
  "a limit that the kernel refuses": {
    args: ["true"],
    linux: { resources: { cpu: { quota: 1, period: 100_000 } } },
    message: /cpu\.(max|cfs_quota_us): EINVAL/,
  },
  "an argument with a NUL": { args: ["true", "a\0b"], message: /has a NUL/ },
  "a namespace that is gone": {
    args: ["true"],
    namespaces: { network: "/proc/4194304/ns/net" },
    message: /ENOENT/,
  },
  "a network that cannot be connected": {
    args: ["true"],
    hooks: { connectNetwork: () => Promise.reject(new Error("no network")) },
    message: /no network/,
  },
};

test.each(Object.entries(FAILURES))("%s is told, and leaves nothing", async (_, failure) => {
  const { message, exitCode, ...options } = failure;
  writeFileSync(join(world.lower, "bin/script"), "#!/bin/bash\necho hello\n", { mode: 0o755 });
  writeFileSync(join(world.lower, "bin/text"), "echo hello\n", { mode: 0o755 });
  const before = listOwnDescriptors();
  const error: unknown = await world.start(options).catch((reason) => reason);

  if (!(error instanceof Error)) throw new Error("it is not refused");
  expect(error.message).toMatch(message);
  expect(error instanceof EngineError ? error.exitCode : undefined).toBe(exitCode);
  expect(world.listRemains()).toEqual([]);
  await waitUntil("the descriptors are closed", () => {
    return listOwnDescriptors().length <= before.length;
  });
});

test("a start whose init is killed says so, and leaves nothing", async () => {
  const hooks = { beforeExec: async (running: { kill(signal: number): void }) => running.kill(9) };

  await expect(world.start({ args: ["true"], hooks })).rejects.toThrow("init was killed");
  expect(world.listRemains()).toEqual([]);
});

test("a start whose cgroup cannot be made in each hierarchy leaves it in none", async () => {
  const { cgroups, cgroupParent } = world;
  // Of v1's hierarchies it is a file in that of processors only.
  const file = cgroups.version === "1" ? "cpuset.cpus" : "cgroup.procs";
  const parent = `${cgroupParent}/${file}`;
  const cgroupsPath = `${parent}/${newId()}`;

  await expect(world.start({ args: ["true"], linux: { cgroupsPath } })).rejects.toThrow(file);
  const left = cgroupAt(cgroups, cgroupsPath).directories.filter((path) => existsSync(path));
  for (const path of left) rmdirSync(path);
  for (const path of cgroupAt(cgroups, parent).directories) {
    if (existsSync(path) && statSync(path).isDirectory()) rmdirSync(path);
  }
  expect(left).toEqual([]);
  expect(world.listRemains()).toEqual([]);
});
