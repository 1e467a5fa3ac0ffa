import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { defaultMounts } from "../../src/engine/spec/default-mounts.ts";
import type { Resources } from "../../src/oci/runtime-spec.ts";
import { containerConfig } from "../support/container-config.ts";
import { RuntimeWorld, type Started } from "../support/runtime-world.ts";

const MIB = 1024 * 1024;

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("a program that takes more memory than it may is killed, and that is told", async () => {
  const result = await world.run({
    args: ["sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo unreachable"],
    linux: { resources: { memory: { limit: 16 * MIB } } },
  });

  expect(result).toMatchObject({ exitCode: 137, oomKilled: true, stdout: "" });
});

test("a program that is killed for another reason is not told as out of memory", async () => {
  const result = await world.run({
    args: ["sh", "-c", "kill -9 $$; exit 4"],
    linux: { resources: { memory: { limit: 16 * MIB } } },
    init: true,
  });

  expect(result).toMatchObject({ exitCode: 137, oomKilled: false });
});

test("no more processes than asked for can be made", async () => {
  const script = "for i in 1 2 3 4 5 6 7 8; do sleep 10 & done; echo all";
  const { stderr, stdout } = await world.run({
    args: ["sh", "-c", script],
    linux: { resources: { pids: { limit: 5 } } },
  });

  expect(stdout).toBe("");
  expect(stderr).toContain("can't fork");
});

// What a file of each version says; null: this version has none.
const LIMITS: readonly [
  string,
  Resources,
  Readonly<Record<"1" | "2", readonly [string, string]>>,
][] = [
  [
    "memory",
    { memory: { limit: 64 * MIB } },
    both("memory.limit_in_bytes", "memory.max", `${64 * MIB}`),
  ],
  [
    "a memory reservation",
    { memory: { limit: 64 * MIB, reservation: 32 * MIB } },
    both("memory.soft_limit_in_bytes", "memory.low", `${32 * MIB}`),
  ],
  [
    "no memory limit",
    { memory: { limit: -1 } },
    { "1": ["memory.limit_in_bytes", "9223372036854771712"], "2": ["memory.max", "max"] },
  ],
  [
    "half a processor",
    { cpu: { quota: 50_000, period: 100_000 } },
    { "1": ["cpu.cfs_quota_us", "50000"], "2": ["cpu.max", "50000 100000"] },
  ],
  [
    "a shorter period",
    { cpu: { quota: 10_000, period: 20_000 } },
    { "1": ["cpu.cfs_period_us", "20000"], "2": ["cpu.max", "10000 20000"] },
  ],
  ["shares", { cpu: { shares: 512 } }, { "1": ["cpu.shares", "512"], "2": ["cpu.weight", "20"] }],
  ["processors", { cpu: { cpus: "0" } }, both("cpuset.cpus", "cpuset.cpus", "0")],
  ["processes", { pids: { limit: 77 } }, both("pids.max", "pids.max", "77")],
  ["no limit of processes", { pids: { limit: -1 } }, both("pids.max", "pids.max", "max")],
];

test.each(LIMITS)("%s is in the cgroup's file", async (_, resources, files) => {
  const container = await world.start({ args: ["sleep", "100"], linux: { resources } });
  const { version } = world.cgroups;
  const [file, expected] = files[version];
  const text = readControl(container, file);
  await world.kill(container);

  expect(text).toBe(expected);
});

test("all processes of a container are in its cgroup, in each hierarchy", async () => {
  const container = await world.start({ args: ["sleep", "100"] });
  const exec = await world.execute(container, { args: ["sleep", "100"] });
  const path = `${world.cgroupParent}/${container.id}`;
  const files = [container, exec].map(({ running }) =>
    readFileSync(`/proc/${running.pid}/cgroup`, "utf8"),
  );
  await world.kill(container);
  const hierarchies = world.cgroups.version === "1" ? world.cgroups.hierarchies.length : 1;

  for (const file of files) {
    expect(file.split("\n").filter((line) => line.endsWith(path))).toHaveLength(hierarchies);
  }
});

test("a container sees its own cgroup as the root, with the limits in it, and cannot change them", async () => {
  const { version } = world.cgroups;
  const file = version === "2" ? "pids.max" : "pids/pids.max";
  const script = `cat /sys/fs/cgroup/${file}; echo max > /sys/fs/cgroup/${file} || true`;
  const { stdout, stderr } = await world.run({
    args: ["sh", "-c", script],
    linux: { resources: { pids: { limit: 33 } } },
  });

  expect(stdout).toBe("33\n");
  expect(stderr).toContain("Read-only file system");
});

test("a container that is allowed one processor sees one", async () => {
  const output = await world.shell("nproc", { linux: { resources: { cpu: { cpus: "0" } } } });

  expect(output).toBe("1");
  expect(cpus().length).toBeGreaterThan(1);
});

test("cleanup() ends what is left in the cgroup", async () => {
  // In the host's pid namespace nothing ends with the first process.
  const container = await world.start({
    args: ["sh", "-c", "sleep 1000 & sleep 1000 & exit 0"],
    hostUser: true,
    namespaces: { pid: "host" },
  });
  await container.running.exited;
  await world.end(container);

  expect(world.listRemains()).toEqual([]);
});

test("cleanup() removes what a container made below its cgroup, with what runs in there", async () => {
  const below = `/sys/fs/cgroup/${world.cgroups.version === "2" ? "" : "pids/"}own/inner`;
  const host = { ...containerConfig().host, privileged: true };
  const script = `mkdir -p ${below}; sleep 1000 & echo $! > ${below}/cgroup.procs`;
  const container = await world.start({
    args: ["sh", "-ec", script],
    hostUser: true,
    namespaces: { pid: "host" },
    spec: { mounts: defaultMounts({ host }) },
  });
  const { exitCode, stderr } = await world.end(container);

  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(world.listRemains()).toEqual([]);
});

function both(v1: string, v2: string, text: string) {
  return { "1": [v1, text], "2": [v2, text] } as const;
}

function readControl({ id }: Started, file: string): string {
  const { cgroups, cgroupParent } = world;
  const controller = file.split(".", 1)[0] ?? "";
  const root =
    cgroups.version === "2"
      ? cgroups.path
      : cgroups.hierarchies.find(({ controllers }) => controllers.includes(controller))?.path;
  return readFileSync(`${root}${cgroupParent}/${id}/${file}`, "utf8").trim();
}
