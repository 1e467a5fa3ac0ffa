import { expect, test } from "bun:test";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { TestClient } from "../../../test/support/test-client.ts";
import type { Event } from "../system-facade.ts";

async function take(events: AsyncIterable<Event>, last: string): Promise<readonly Event[]> {
  const seen: Event[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.action === last) break;
  }
  return seen;
}

test("events come in Docker's order, with Docker's attributes", async () => {
  await using world = await EngineWorld.make();
  const events = take(world.engine.events.subscribe({ filters: {} }, FOREVER), "destroy");
  const id = await world.create({ command: ["sleep", "1000"], labels: { tier: "a" } }, "eventful");
  const options = { stdin: false, stdout: true, stderr: true, logs: false, stream: true };
  const client = new TestClient(await world.engine.containers.attach(id, options));
  await world.engine.containers.start(id);
  const exec = await world.engine.execs.create(id, {
    command: ["sh", "-c", "exit 2"],
    env: [],
    user: "",
    workingDir: "",
    privileged: false,
    tty: false,
    attach: { stdin: false, stdout: true, stderr: true },
  });
  await new TestClient(await world.engine.execs.start(exec, {})).done();
  await world.engine.containers.rename(id, "renamed");
  await world.engine.containers.stop(id, { timeoutSeconds: 0 });
  await client.done();
  await world.remove(id);
  const seen = await events;

  const order = seen.filter(({ action }) => action !== "exec_die");
  expect(order.map(({ type, action }) => `${type} ${action}`)).toEqual([
    "container create",
    "container attach",
    "network connect",
    "container start",
    "container exec_create: sh -c exit 2",
    "container exec_start: sh -c exit 2",
    "container rename",
    "container kill",
    "container kill",
    "container die",
    "network disconnect",
    "container stop",
    "container destroy",
  ]);
  const find = (action: string) => seen.find((event) => event.action === action)?.attributes;
  expect(find("create")).toEqual({ image: "test", name: "eventful", tier: "a" });
  expect(find("connect")).toEqual({ container: id, name: "bridge", type: "bridge" });
  expect(find("exec_die")).toMatchObject({ execID: exec, exitCode: "2" });
  expect(find("rename")).toMatchObject({ name: "renamed", oldName: "/eventful" });
  expect(find("kill")).toMatchObject({ signal: "15" });
  expect(find("die")).toMatchObject({
    exitCode: "137",
    execDuration: expect.stringMatching(/^\d+$/),
  });
});
