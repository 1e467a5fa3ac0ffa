import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { EngineWorld } from "../../../test/support/engine-world.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import { temporaryDirectory } from "../../store/staging.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;

test("a restart that meets the end of another does not let --rm take the container", async () => {
  const id = await world.create({ command: ["sleep", "1000"], host: { autoRemove: true } });
  await containers().start(id);
  const leave = new AbortController();
  const events = world.engine.events.subscribe(
    { filters: { container: [id], event: ["start"] } },
    leave.signal,
  );
  const first = containers().restart(id, { timeoutSeconds: 0 });
  // It runs again, and its restart is not over yet.
  for await (const _ of events) break;
  await containers().restart(id, { timeoutSeconds: 0 });
  await first;
  leave.abort();

  expect((await containers().get(id)).state.status).toBe("running");
  await world.remove(id);
});

test("with --rm the cgroup goes also where the files cannot be removed", async () => {
  const trash = temporaryDirectory(world.dataRoot);
  const id = await world.create({ command: ["true"], host: { autoRemove: true } });
  renameSync(trash, `${trash}-away`);
  writeFileSync(trash, "");
  await containers().start(id);
  await waitUntil("its end is dealt with", () => world.reported.length > 0);
  const reported = world.reported.splice(0);
  rmSync(trash);
  renameSync(`${trash}-away`, trash);

  expect(String(reported[0])).toContain("Cannot remove");
  expect(world.cgroupsOf(id).filter(existsSync)).toEqual([]);
});
