import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addressOf, EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { isGone } from "../../../test/support/is-gone.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { createCgroup } from "../../linux/cgroup.ts";
import { freezeCgroup, isFrozen } from "../../linux/cgroup-freezer.ts";
import { readCgroupLayout } from "../../linux/cgroup-layout.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const SLEEP = { command: ["sleep", "1000"] };
const containers = () => world.engine.containers;

test("a container runs on through a restart of the daemon, with its address and its log", async () => {
  const id = await world.start({
    command: ["sh", "-c", "while read x; do echo $x; done"],
    openStdin: true,
  });
  const before = await containers().get(id);
  await world.restart();
  const after = await containers().get(id);
  const other = await world.start(SLEEP);
  const { network } = await containers().get(other);
  await containers().kill(id, "");

  expect(after.state).toEqual(before.state);
  expect(after.network).toEqual(before.network);
  expect(addressOf(network)).not.toBe(addressOf(before.network));
  expect((await containers().get(id)).state).toMatchObject({ status: "exited", exitCode: 137 });
  await world.remove(id);
  await world.remove(other);
});

test("what ended while no daemon was there has its exit code and its time", async () => {
  const script = "trap 'echo bye; exit 6' TERM; echo ready; while :; do sleep 0.05; done";
  const id = await world.start({ command: ["sh", "-c", script] });
  await waitUntil("it has its trap", async () => (await world.logsOf(id)) === "ready\n");
  const { state } = await containers().get(id);
  await world.restart(() => end(state.pid, "SIGTERM"));

  expect((await containers().get(id)).state).toMatchObject({
    status: "exited",
    exitCode: 6,
    pid: 0,
  });
  expect(await world.logsOf(id)).toBe("ready\nbye\n");
  await world.remove(id);
});

test("with --rm it is removed when the daemon comes back", async () => {
  const id = await world.start({ ...SLEEP, host: { autoRemove: true } });
  const { state } = await containers().get(id);
  await world.restart(() => end(state.pid, "SIGKILL"));

  await expect(containers().get(id)).rejects.toThrow("No such container");
  expect(world.store.idRanges.list()).toEqual([]);
});

test("what stands still is paused if a user wanted that, and goes on if a commit did", async () => {
  const [paused, committed] = [await world.start(SLEEP), await world.start(SLEEP)];
  await world.engine.control.pause(paused);
  const cgroups = readCgroupLayout();
  await world.restart(() => freezeCgroup(cgroups, `/sampan/${committed}`));

  const statusOf = async (id: string) => (await containers().get(id)).state.status;
  expect([await statusOf(paused), await statusOf(committed)]).toEqual(["paused", "running"]);
  expect(isFrozen(cgroups, `/sampan/${committed}`)).toBe(false);
  expect(isFrozen(cgroups, `/sampan/${paused}`)).toBe(true);
  await world.remove(paused);
  await world.remove(committed);
});

test("what was created or had ended stays as it was", async () => {
  const created = await world.create(SLEEP, "created");
  const ended = await world.create({ command: ["sh", "-c", "exit 4"] });
  const { done } = await containers().wait(ended, "next-exit", FOREVER);
  await containers().start(ended);
  await done;
  const views = await Promise.all([created, ended].map((id) => containers().get(id)));
  await world.restart();

  expect(await Promise.all([created, ended].map((id) => containers().get(id)))).toEqual(views);
  await containers().start("created");
  await world.remove(created);
  await world.remove(ended);
});

test("a container that was half created is gone", async () => {
  const id = await world.create(SLEEP);
  const row = world.store.containers.get(id);
  await world.remove(id);
  world.store.containers.insert(row);
  await world.restart();

  await expect(containers().get(id)).rejects.toThrow("No such container");
  expect(world.store.containers.list()).toEqual([]);
});

test("a container whose volumes were just being filled is gone, with those that have no name", async () => {
  const ways = { kind: "volume", readonly: false, noCopy: false, mode: "", via: "binds" } as const;
  const binds = ["", "named"].map((source) => ({ ...ways, source, target: `/v${source}` }));
  const id = await world.create({ ...SLEEP, host: { binds } });
  const { upper } = world.store.snapshots.get(id);
  await world.restart(async () => renameSync(upper, `${upper}.new`));

  await expect(containers().get(id)).rejects.toThrow("No such container");
  expect(world.store.snapshots.find(id)).toBeUndefined();
  expect(readdirSync(join(world.dataRoot, "containers"))).toEqual([]);
  expect(world.store.volumes.list().map(({ name }) => name)).toEqual(["named"]);
  await world.engine.volumes.remove("named", { force: false });
});

test("what a daemon made that was killed while it started a container is gone", async () => {
  const id = await world.create(SLEEP);
  await world.restart(async () => {
    writeFileSync(join(world.execRoot, "run", `${id}.cgroup`), `/sampan/${id}`);
    createCgroup(readCgroupLayout(), `/sampan/${id}`);
  });

  expect(world.cgroupsOf(id).filter(existsSync)).toEqual([]);
  expect(readdirSync(join(world.execRoot, "run"))).toEqual([]);
  await world.remove(id);
});

test("a daemon that was killed, or had no room, before it had said where a cgroup is: nothing is touched", async () => {
  const id = await world.create(SLEEP);
  await using bystander = Bun.spawn(["sleep", "60"]);
  await world.restart(async () => {
    writeFileSync(join(world.execRoot, "run", `${id}.cgroup`), "");
    writeFileSync(join(world.execRoot, "run", `${id}.cgroup.new`), "");
  });

  expect(readdirSync(join(world.execRoot, "run"))).toEqual([]);
  expect(bystander.exitCode).toBeNull();
  await world.remove(id);
});

test("a daemon does not end before all of a container is gone that removed itself", async () => {
  // In the host's pid namespace a process outlives the first one: to end it takes a moment.
  const host = { autoRemove: true, pid: { kind: "host" } } as const;
  const id = await world.create({ command: ["sh", "-c", "sleep 1000 & exit 0"], host });
  const { done } = await containers().wait(id, "removed", FOREVER);
  await containers().start(id);
  await done;
  let left: readonly string[] = [];
  await world.restart(async () => {
    left = world.cgroupsOf(id).filter(existsSync);
  });

  expect(left).toEqual([]);
});

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  await waitUntil("it ended", () => isGone(pid));
}
