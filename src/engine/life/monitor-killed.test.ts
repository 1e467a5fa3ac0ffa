import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { EngineWorld } from "../../../test/support/engine-world.ts";
import { isGone } from "../../../test/support/is-gone.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;

function monitorOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  expect(status).toContain("PPid:");
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
}

// The kernel does not end it with its monitor.
const CHANGED_USER =
  "echo 'u:x:33:33::/:/bin/sh' > /etc/passwd; exec su -s /bin/sh -c 'exec sleep 1000' u";

test.each(["exec sleep 1000", CHANGED_USER])(
  "%s: a container whose monitor is killed has ended, and says why",
  async (command) => {
    const id = await world.start({ command: ["sh", "-c", command] });
    const { pid } = (await containers().get(id)).state;
    await waitUntil("it sleeps", () => commandOf(pid) === "sleep");
    process.kill(monitorOf(pid), "SIGKILL");
    await waitUntil("its end is noted", async () => {
      return (await containers().get(id)).state.status === "exited";
    });

    const { state } = await containers().get(id);
    expect(state).toMatchObject({
      exitCode: 137,
      pid: 0,
      error: "Its monitor was killed, and the container with it",
    });
    await waitUntil("its program is gone", () => isGone(pid));
    await world.remove(id);
  },
);

test("one that is paused is gone with its monitor too", async () => {
  const id = await world.start({ command: ["sleep", "1000"] });
  const { pid } = (await containers().get(id)).state;
  const monitor = monitorOf(pid);
  await world.engine.control.pause(id);
  process.kill(monitor, "SIGKILL");
  await waitUntil("its end is noted", async () => {
    return (await containers().get(id)).state.status === "exited";
  });
  await waitUntil("its program is gone", () => isGone(pid));
  await world.remove(id);
  expect(world.cgroupsOf(id).filter(existsSync)).toEqual([]);
});

test("what lost its monitor while no daemon was there does not live on unseen", async () => {
  const id = await world.start({ command: ["sh", "-c", CHANGED_USER] });
  const { pid } = (await containers().get(id)).state;
  await waitUntil("it sleeps", () => commandOf(pid) === "sleep");
  await world.restart(async () => {
    const monitor = monitorOf(pid);
    process.kill(monitor, "SIGKILL");
    await waitUntil("the monitor is gone", () => isGone(monitor));
  });

  expect((await containers().get(id)).state).toMatchObject({ status: "exited", exitCode: 255 });
  await waitUntil("its program is gone", () => isGone(pid));
  await world.remove(id);
});

test("its restart policy holds for this end too", async () => {
  const host = { restart: { name: "always", maxRetries: 0 } } as const;
  const id = await world.start({ command: ["sleep", "1000"], host });
  const { pid } = (await containers().get(id)).state;
  process.kill(monitorOf(pid), "SIGKILL");
  await waitUntil("it runs again", async () => {
    const { state, restartCount } = await containers().get(id);
    return state.status === "running" && restartCount === 1;
  });
  await world.remove(id);
});
