import { afterAll, beforeAll, expect, test } from "bun:test";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  expect(world.reported).toEqual([]);
});

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
  expect(network.address).not.toBe(before.network.address);
  expect((await containers().get(id)).state).toMatchObject({ status: "exited", exitCode: 137 });
  await world.remove(id);
  await world.remove(other);
});

test("what ended while no daemon was there has its exit code and its time", async () => {
  const id = await world.start({ command: ["sh", "-c", "sleep 0.2; echo bye; exit 6"] });
  const { state } = await containers().get(id);
  await world.restart(() => gone(state.pid));

  expect((await containers().get(id)).state).toMatchObject({
    status: "exited",
    exitCode: 6,
    pid: 0,
  });
  expect(await world.logsOf(id)).toBe("bye\n");
  await world.remove(id);
});

test("with --rm it is removed when the daemon comes back", async () => {
  const id = await world.start({ command: ["sleep", "0.2"], host: { autoRemove: true } });
  const { state } = await containers().get(id);
  await world.restart(() => gone(state.pid));

  await expect(containers().get(id)).rejects.toThrow("No such container");
  expect(world.store.idRanges.list()).toEqual([]);
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

function gone(pid: number): Promise<void> {
  return waitUntil("it ended", () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
