// What is seen of a container from the host, and done to all of its processes at once: on both kernels.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { RuntimeWorld, type Started } from "../support/runtime-world.ts";
import { waitUntil } from "../support/wait-until.ts";

const MIB = 1024 * 1024;

let world: RuntimeWorld;
beforeAll(async () => {
  world = await RuntimeWorld.make();
});
afterAll(() => world[Symbol.asyncDispose]());

const observer = () => world.runtime.observer;
const BUSY = { args: ["sh", "-c", "while :; do :; done"] };

test("frozen processes stand still, also those of an exec, until they are thawed", async () => {
  const container = await world.start(BUSY);
  await world.execute(container, BUSY);
  await waitUntil("both run", () => observer().processes(container.id).length === 2);
  await observer().freeze(container.id);
  const [first, second] = [ticks(container), ticks(container)];
  expect(observer().isFrozen(container.id)).toBe(true);
  // A tick is a hundredth of a second.
  await Bun.sleep(50);
  expect([second, ticks(container)]).toEqual([first, first]);
  await observer().thaw(container.id);
  expect(observer().isFrozen(container.id)).toBe(false);
  await waitUntil("they run again", () => ticks(container) > first);
  await world.kill(container);
});

test("a later daemon sees that a container is frozen, and can let it go on", async () => {
  const container = await world.start(BUSY);
  await observer().freeze(container.id);
  const later = world.forget();
  expect(later.observer.isFrozen(container.id)).toBe(true);
  await later.observer.thaw(container.id);
  await world.kill(container);
});

test("many short-lived processes can be frozen", async () => {
  const container = await world.start({ args: ["sh", "-c", "while :; do true & true; done"] });
  await observer().freeze(container.id);
  expect(observer().isFrozen(container.id)).toBe(true);
  await observer().thaw(container.id);
  await world.kill(container);
});

test("what a container uses is counted", async () => {
  const container = await world.start({
    args: ["sh", "-c", "dd if=/dev/zero of=/big bs=1M count=8 2>/dev/null; while :; do :; done"],
    linux: { resources: { memory: { limit: 64 * MIB }, pids: { limit: 9 } } },
  });
  await waitUntil("the file is there", () => used(container).memory.bytes > 8 * MIB);
  await waitUntil("time was used", () => used(container).cpu.totalNs > 50_000_000);
  const usage = used(container);
  await world.kill(container);

  expect(usage.version).toBe(world.cgroups.version);
  expect(usage.memory).toMatchObject({ limitBytes: 64 * MIB });
  expect(usage.memory.peakBytes).toBeGreaterThanOrEqual(8 * MIB);
  expect(Object.keys(usage.memory.stats)).toContain("inactive_file");
  expect(usage.pids.limit).toBe(9);
  expect(usage.pids.current).toBeGreaterThan(0);
  expect(usage.cpu.userNs + usage.cpu.systemNs).toBeGreaterThan(0);
  expect(usage.cpu.perCpuNs === undefined).toBe(usage.version === "2");
});

test("of a container that is gone nothing is counted", () => {
  const usage = observer().usage("0".repeat(64));
  expect(usage.memory.bytes + usage.cpu.totalNs + usage.pids.current).toBe(0);
  expect(observer().processes("0".repeat(64))).toEqual([]);
});

test("limits are changed while it runs, up and down", async () => {
  const container = await world.start({
    args: ["sleep", "100"],
    linux: { resources: { memory: { limit: 32 * MIB, swap: 64 * MIB } } },
  });
  const set = (limit: number, swap: number) =>
    observer().changeLimits(container.id, { memory: { limit, swap }, pids: { limit: 7 } });
  const seen: unknown[] = [];
  for (const limit of [128 * MIB, 16 * MIB, 256 * MIB]) {
    set(limit, limit * 2);
    seen.push(used(container).memory.limitBytes);
  }
  observer().changeLimits(container.id, { cpu: { quota: 20_000, period: 100_000 } });
  const cpu = readLimit(container, { "1": "cpu/cpu.cfs_quota_us", "2": "cpu.max" });
  const pids = used(container).pids.limit;
  await world.kill(container);

  expect(seen).toEqual([128 * MIB, 16 * MIB, 256 * MIB]);
  expect([cpu, pids]).toEqual([world.cgroups.version === "1" ? "20000" : "20000 100000", 7]);
});

test("a limit that the kernel refuses is told with its file", async () => {
  const container = await world.start({ args: ["sleep", "100"] });
  const change = () => observer().changeLimits(container.id, { cpu: { cpus: "900" } });
  expect(change).toThrow("cpuset.cpus");
  await world.kill(container);
});

test("an end for want of memory is told with the limit and the peak", async () => {
  const { oomKilled, memory } = await world.run({
    args: ["sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x); echo unreachable"],
    linux: { resources: { memory: { limit: 16 * MIB } } },
  });
  expect(oomKilled).toBe(true);
  expect(memory.limitBytes).toBe(16 * MIB);
  expect(memory.peakBytes).toBeGreaterThan(12 * MIB);
  expect(memory.peakBytes).toBeLessThanOrEqual(16 * MIB);
});

function used({ id }: Started) {
  return observer().usage(id);
}

/** The processor time of all processes together. */
function ticks({ id }: Started): number {
  return observer()
    .processes(id)
    .reduce((sum, { userTicks, systemTicks }) => sum + userTicks + systemTicks, 0);
}

function readLimit({ id }: Started, files: Readonly<Record<"1" | "2", string>>): string {
  const { cgroups, cgroupParent } = world;
  const [controller = "", file = ""] =
    cgroups.version === "2" ? ["", files["2"]] : files["1"].split("/");
  const root =
    cgroups.version === "2"
      ? cgroups.path
      : cgroups.hierarchies.find(({ controllers }) => controllers.includes(controller))?.path;
  return readFileSync(`${root}${cgroupParent}/${id}/${file}`, "utf8").trim();
}
