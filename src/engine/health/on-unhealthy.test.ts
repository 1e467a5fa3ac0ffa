import { afterAll, beforeAll, expect, test } from "bun:test";
import { becomeHealth, checked } from "../../../test/support/checked-container.ts";
import { EngineWorld } from "../../../test/support/engine-world.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;

test("kill ends an unhealthy container, and its policy starts it again", async () => {
  const host = { onUnhealthy: "kill", restart: { name: "always", maxRetries: 0 } } as const;
  const id = await world.start(checked(["CMD", "false"], { host }));
  await waitUntil("it was restarted", async () => (await containers().get(id)).restartCount > 0);
  await world.remove(id);

  const once = await world.start(checked(["CMD", "false"], { host: { onUnhealthy: "kill" } }));
  await waitUntil(
    "it has ended",
    async () => (await containers().get(once)).state.status === "exited",
  );
  const { state } = await containers().get(once);
  expect(state).toMatchObject({ exitCode: 137, error: "It was found unhealthy" });
  await world.remove(once);
});

test("restart and stop of an unhealthy container are those of a user", async () => {
  const restarted = await world.start({
    ...checked(["CMD-SHELL", "test -e /well"], {
      host: { onUnhealthy: "restart" },
      script: "test -e /twice && touch /well; touch /twice; exec sleep 1000",
    }),
    stopTimeoutSeconds: 0,
  });
  await becomeHealth(world, restarted, "healthy");
  expect((await containers().get(restarted)).restartCount).toBe(0);
  await world.remove(restarted);

  const host = { onUnhealthy: "stop", restart: { name: "always", maxRetries: 0 } } as const;
  const stopped = await world.start({
    ...checked(["CMD", "false"], { host }),
    stopTimeoutSeconds: 0,
  });
  await waitUntil(
    "it has ended",
    async () => (await containers().get(stopped)).state.status === "exited",
  );
  expect((await containers().get(stopped)).restartCount).toBe(0);
  await world.remove(stopped);
});

test("a container is killed when its time is up, also by the next daemon", async () => {
  const id = await world.start({ command: ["sleep", "1000"], host: { timeLimitSeconds: 1 } });
  await world.restart();
  await waitUntil(
    "it has ended",
    async () => (await containers().get(id)).state.status === "exited",
  );

  const { state } = await containers().get(id);
  expect(state).toMatchObject({
    exitCode: 137,
    error: "It was killed when its time of 1 s was up",
  });
  await world.remove(id);
});
