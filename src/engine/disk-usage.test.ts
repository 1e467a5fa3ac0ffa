import { expect } from "bun:test";
import { EngineWorld } from "../../test/support/engine-world.ts";
import { testIf } from "../../test/support/test-if.ts";

const test = testIf(process.getuid?.() === 0, "not root");

test("two who ask for the same at the same time share one answer; a later one gets a new one", async () => {
  await using world = await EngineWorld.make();
  const { system } = world.engine;
  const first = system.diskUsage(["image", "container"]);
  expect(system.diskUsage(["container", "image"])).toBe(first);
  expect(system.diskUsage(["image"])).not.toBe(first);
  expect((await first).containers).toEqual([]);
  await world.create({}, "new");
  const { containers } = await system.diskUsage(["image", "container"]);
  expect(containers?.map(({ view }) => view.name)).toEqual(["new"]);
});
