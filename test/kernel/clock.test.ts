// A clock that is set while containers run. Only where nobody else lives by it: in the virtual machine.

import { afterAll, beforeAll, expect } from "bun:test";
import type { Event } from "../../src/engine/system-facade.ts";
import { EngineWorld, FOREVER } from "../support/engine-world.ts";
import { mustRun } from "../support/run-program.ts";
import { testIf } from "../support/test-if.ts";

const { SAMPAN_OWN_CLOCK } = process.env;
const isOurs = SAMPAN_OWN_CLOCK !== undefined;
const test = testIf(isOurs, "the clock is the host's");

const HOUR = 3600;
const DEAF = { command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] };

let world: EngineWorld;
beforeAll(async () => {
  if (isOurs) world = await EngineWorld.make();
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Sets the clock forward, or back; at the end it is where it would be. */
async function withClockMoved(seconds: number, work: () => Promise<void>): Promise<void> {
  const move = (by: number) => mustRun(["date", "-s", `@${Math.round(Date.now() / 1000) + by}`]);
  await move(seconds);
  try {
    await work();
  } finally {
    await move(-seconds);
  }
}

for (const [name, seconds] of [
  ["forward", 24 * HOUR],
  ["back", -24 * HOUR],
] as const) {
  test(`stop waits as long as it was told to when the clock is set ${name}`, async () => {
    const id = await world.start(DEAF);
    const start = performance.now();
    const stopping = world.engine.containers.stop(id, { timeoutSeconds: 2 });
    await withClockMoved(seconds, async () => void (await stopping));
    const tookMs = performance.now() - start;
    await world.remove(id);

    expect(tookMs).toBeGreaterThan(1900);
    expect(tookMs).toBeLessThan(15_000);
  });

  test(`how long a container ran is right when the clock was set ${name}`, async () => {
    const id = await world.start({ command: ["sleep", "1000"] });
    const filters = { container: [id], event: ["die"] };
    const stop = new AbortController();
    const events = world.engine.events.subscribe({ filters }, stop.signal);
    await withClockMoved(seconds, () => world.engine.containers.kill(id, "KILL"));
    stop.abort();
    const [died] = (await Array.fromAsync(events)) as readonly Event[];
    await world.remove(id);

    expect(Number(died?.attributes["execDuration"])).toBeLessThan(60);
  });

  test(`stats come every second when the clock is set ${name}`, async () => {
    const id = await world.start({ command: ["sleep", "1000"] });
    const query = { stream: false, oneShot: false };
    await withClockMoved(seconds, async () => {
      const start = performance.now();
      const [view] = await Array.fromAsync(world.engine.control.stats(id, query, FOREVER));
      expect(view?.previous).toBeDefined();
      expect(performance.now() - start).toBeLessThan(10_000);
    });
    await world.remove(id);
  });

  test(`logs are followed when the clock is set ${name}`, async () => {
    const id = await world.start({ command: ["sh"], openStdin: true });
    const query = { stdout: true, stderr: true, follow: true };
    const { output } = await world.engine.containers.logs(id, query, FOREVER);
    const following = Array.fromAsync(output);
    await withClockMoved(seconds, async () => {
      await world.engine.containers.kill(id, "KILL");
      expect(await following).toEqual([]);
    });
    await world.remove(id);
  });
}
