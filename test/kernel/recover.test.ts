import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExitRecord, Running } from "../../src/runtime/model.ts";
import { collect } from "../support/program-output.ts";
import { newId, RuntimeWorld, type Started } from "../support/runtime-world.ts";
import { waitUntil } from "../support/wait-until.ts";

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("a container that runs is taken over: its output, its input, its end", async () => {
  const container = await world.start({
    args: ["sh", "-c", "read line; echo $line; exit 12"],
    stdio: { stdin: true, stdinOnce: true },
  });
  const running = requireRunning(await world.forget().recover(container.id));
  const stream = await running.attach({ stdin: true, stdout: true, stderr: true });
  stream.write("after the restart\n");
  const { stdout } = await collect(stream, { raw: false });
  const record = await running.exited;
  await world.end(container);

  expect(running.pid).toBe(container.running.pid);
  // The daemon's clock was read before the monitor's.
  expect(running.startedAtNs).toBeGreaterThanOrEqual(container.running.startedAtNs);
  expect(stdout).toBe("after the restart\n");
  expect(record).toMatchObject({ exitCode: 12, signal: 0 });
});

test("a container that is taken over can be killed, executed in and resized", async () => {
  const container = await world.start({
    args: ["sleep", "1000"],
    process: { terminal: true },
    stdio: { terminal: { rows: 1, columns: 1 } },
  });
  const running = requireRunning(await world.forget().recover(container.id));
  await running.resize({ rows: 5, columns: 6 });
  const size = async () => {
    const args = ["sh", "-c", "stty size < /dev/console"];
    return (await world.runExec({ ...container, running }, { args, capabilities: [] })).stdout;
  };
  await waitUntil("it has the new size", async () => (await size()) === "5 6\n");
  running.kill(9);

  expect(await running.exited).toMatchObject({ exitCode: 137, signal: 9 });
  await world.end(container);
});

test("one that ended meanwhile is told by its record, with the time of its end", async () => {
  const container = await world.start({ args: ["sh", "-c", "exit 33"] });
  const { finishedAtNs } = await container.running.exited;
  const found = await world.forget().recover(container.id);
  await world.end(container);

  expect(found).toMatchObject({ exitCode: 33, signal: 0, finishedAtNs, oomKilled: false });
});

test("one that was killed for want of memory meanwhile is told as such", async () => {
  const container = await world.start({
    args: ["sh", "-c", "x=$(head -c 200000000 /dev/zero | tr '\\0' x)"],
    linux: { resources: { memory: { limit: 16 * 1024 * 1024 } } },
  });
  await container.running.exited;
  const found = await world.forget().recover(container.id);
  await world.end(container);

  expect(found).toMatchObject({ exitCode: 137, oomKilled: true });
});

test("one whose first program was killed while the others stood still has ended", async () => {
  const container = await world.start({ args: ["sh", "-c", "sleep 1000 & exec sleep 1000"] });
  const { pid } = container.running;
  await waitUntil(
    "both are there",
    () => world.runtime.observer.processes(container.id).length === 2,
  );
  // On v1 one that stands still does not die: the first is taken out before the others are halted.
  const freezer = findFreezer();
  if (freezer !== undefined) writeFileSync(`${freezer}/cgroup.procs`, String(pid));
  await world.runtime.observer.freeze(container.id);
  process.kill(pid, "SIGKILL");
  await waitUntil("it has no memory any more", () => !hasMemory(pid));
  const found = await world.forget().recover(container.id);

  expect(found).toMatchObject({ exitCode: 137, signal: 9 });
  await world.end(container);
});

test("a monitor that does not answer is not waited for without end", async () => {
  const container = await world.start({ args: ["sleep", "1000"] });
  const monitor = monitorOf(container);
  process.kill(monitor, "SIGSTOP");
  try {
    const found = world.forget({ patienceMs: 200 }).recover(container.id);
    await expect(found).rejects.toThrow("its monitor has not answered for 0.2 s");
  } finally {
    process.kill(monitor, "SIGCONT");
  }
  const running = requireRunning(await world.forget().recover(container.id));
  running.kill(9);
  expect(await running.exited).toMatchObject({ exitCode: 137 });
  await world.end(container);
});

test("nobody knows of one that was never there, or is cleaned up", async () => {
  const container = await world.start({ args: ["true"] });
  await world.end(container);

  expect(await world.runtime.recover(newId())).toBeUndefined();
  expect(await world.runtime.recover(container.id)).toBeUndefined();
});

test("a monitor that is killed takes its container with it, and that is told", async () => {
  const container = await world.start({ args: ["sleep", "1000"] });
  process.kill(monitorOf(container), 9);

  expect(await container.running.exited).toMatchObject({ exitCode: 137, signal: 9 });
  await waitUntil("its program is gone", () => !isThere(container.running.pid));
  expect(await world.forget().recover(container.id)).toBeUndefined();
  await world.cleanUp(container.id);
});

test("a monitor that is killed takes its exec with it, and not the container", async () => {
  const container = await world.start({ args: ["sleep", "1000"] });
  const exec = await world.execute(container, { args: ["sleep", "1000"] });
  process.kill(monitorOf(exec), 9);
  await waitUntil("its program is gone", () => !isThere(exec.running.pid));

  expect(await exec.running.exited).toMatchObject({ exitCode: 137 });
  expect(isThere(container.running.pid)).toBe(true);
  await world.kill(container);
});

test("an idle monitor has less than 1 MB of memory to itself", async () => {
  const container = await world.start({
    args: ["sleep", "1000"],
    stdio: { log: { path: join(world.dataRoot, "log"), maxBytes: 0, maxFiles: 1 } },
  });
  const rollup = readFileSync(`/proc/${monitorOf(container)}/smaps_rollup`, "utf8");
  const sizes = [...rollup.matchAll(/^Private_\w+:\s+(\d+) kB/gm)].map(([, size]) => Number(size));
  await world.kill(container);

  expect(sizes.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1000);
});

test("a monitor has nothing open but its own, and is in no directory of anybody's", async () => {
  const container = await world.start({ args: ["sleep", "1000"] });
  const pid = monitorOf(container);
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkIfThere(`/proc/${pid}/fd/${fd}`));
  const [directory, name] = [
    readlinkIfThere(`/proc/${pid}/cwd`),
    readFileSync(`/proc/${pid}/comm`, "utf8"),
  ];
  await world.kill(container);

  for (const what of open) {
    expect(what).toMatch(/^(socket:|pipe:|anon_inode:\[signalfd\]|\/dev\/null$|$)/);
  }
  expect([directory, name]).toEqual(["/", "sampan-init\n"]);
});

function requireRunning(found: Running | ExitRecord | undefined): Running {
  if (found !== undefined && "pid" in found) return found;
  throw new Error("It is not taken over");
}

/** Where the freezer's root is; undefined with v2. */
function findFreezer(): string | undefined {
  const { cgroups } = world;
  if (cgroups.version === "2") return undefined;
  return cgroups.hierarchies.find(({ controllers }) => controllers.includes("freezer"))?.path;
}

function hasMemory(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`).length > 0;
  } catch {
    return false;
  }
}

function monitorOf({ running }: Started): number {
  const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
  return Number(/^PPid:\t(\d+)$/m.exec(status)?.[1]);
}

/** A process that is dead and not yet waited for is gone. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** Some are closed as soon as the program runs. */
function readlinkIfThere(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
