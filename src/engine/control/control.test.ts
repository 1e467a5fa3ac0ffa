import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { LimitChange, StatsView } from "../control-facade.ts";
import type { Event } from "../system-facade.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const MIB = 1024 * 1024;
const SLEEP = { command: ["sleep", "1000"] };
const containers = () => world.engine.containers;
const control = () => world.engine.control;
const statusOf = async (id: string) => (await containers().get(id)).state.status;
const NOT_FORCED = { force: false, volumes: false, link: false };
const ATTACH = { stdin: false, stdout: true, stderr: true, logs: false, stream: true };

describe("pause", () => {
  test("halts a container, and unpause lets it go on; what it cannot do meanwhile is said", async () => {
    const id = await world.start(SLEEP);
    await control().pause(id);
    expect(await statusOf(id)).toBe("paused");
    const refused: readonly [() => Promise<unknown>, string][] = [
      [() => control().pause(id), "is already paused"],
      [() => containers().start(id), "cannot start a paused container, try unpause instead"],
      [() => containers().attach(id, ATTACH), "is paused, unpause the container before attach"],
      [() => world.engine.execs.create(id, EXEC), "is paused, unpause the container before exec"],
      [() => containers().remove(id, NOT_FORCED), "is paused and must be unpaused first"],
    ];
    for (const [attempt, message] of refused) await expect(attempt()).rejects.toThrow(message);
    await control().unpause(id);
    expect(await statusOf(id)).toBe("running");
    await expect(control().unpause(id)).rejects.toThrow("is not paused");
    await world.remove(id);
  });

  test("needs a container that runs", async () => {
    const id = await world.create(SLEEP);
    await expect(control().pause(id)).rejects.toThrow(`container ${id} is not running`);
    await expect(control().unpause(id)).rejects.toThrow(`Container ${id} is not paused`);
    await expect(control().pause("nope")).rejects.toThrow("No such container: nope");
    await world.remove(id);
  });

  test("a paused container is stopped, killed and removed by force like any other", async () => {
    const ends: readonly ((id: string) => Promise<unknown>)[] = [
      (id) => containers().stop(id, { timeoutSeconds: 0 }),
      (id) => containers().kill(id, "KILL"),
    ];
    for (const end of ends) {
      const id = await world.start(SLEEP);
      await control().pause(id);
      await end(id);
      expect((await containers().get(id)).state).toMatchObject({ status: "exited", exitCode: 137 });
      await world.remove(id);
    }
    const id = await world.start(SLEEP);
    await control().pause(id);
    await world.remove(id);
  });

  test("outlives a restart of the daemon, and so does what the daemon did not note", async () => {
    const [paused, thawed] = [await world.start(SLEEP), await world.start(SLEEP)];
    await control().pause(paused);
    await world.restart();
    expect([await statusOf(paused), await statusOf(thawed)]).toEqual(["paused", "running"]);
    await control().unpause(paused);
    for (const id of [paused, thawed]) await world.remove(id);
  });

  test("is told by events", async () => {
    const id = await world.start(SLEEP);
    const stop = new AbortController();
    const filters = { container: [id], event: ["pause", "unpause", "kill"] };
    const events = world.engine.events.subscribe({ filters }, stop.signal);
    await control().pause(id);
    await control().unpause(id);
    await control().pause(id);
    await containers().kill(id, "KILL");
    stop.abort();
    const actions = (await Array.fromAsync(events)).map(({ action }: Event) => action);
    expect(actions).toEqual(["pause", "unpause", "pause", "unpause", "kill"]);
    await world.remove(id);
  });
});

describe("stats", () => {
  test("one sample comes at once, and two a second apart give a rate", async () => {
    const id = await world.start({ command: ["sh", "-c", "while :; do :; done"] });
    const [once] = await read(id, { stream: false, oneShot: true });
    const [twice] = await read(id, { stream: false, oneShot: false });
    await world.remove(id);

    expect(once?.previous).toBeUndefined();
    expect(Object.keys(once?.sample?.networks ?? {})).toEqual(["eth0"]);
    expect(once?.sample?.usage.pids.current).toBe(1);
    const [before, after] = [twice?.previous?.usage.cpu.totalNs, twice?.sample?.usage.cpu.totalNs];
    expect(after).toBeGreaterThan(before ?? Number.NaN);
    expect(twice?.sample?.host.totalNs).toBeGreaterThan(
      twice?.previous?.host.totalNs ?? Number.NaN,
    );
  });

  test("a stream goes on while a container does not run, and ends when it is removed", async () => {
    const id = await world.start(SLEEP);
    const views: StatsView[] = [];
    for await (const view of control().stats(id, { stream: true, oneShot: false }, FOREVER)) {
      views.push(view);
      if (views.length === 1) await containers().kill(id, "KILL");
      if (views.length === 2) await world.remove(id);
    }
    expect(views.map(({ sample }) => sample !== undefined)).toEqual([true, false]);
  });

  test("of a container that does not run there are no numbers, and none has to be waited for", async () => {
    const id = await world.create(SLEEP, "idle");
    expect(await read(id, { stream: false, oneShot: false })).toEqual([{ id, name: "idle" }]);
    await world.remove(id);
  });

  test("a container without a network has no interfaces of one", async () => {
    const id = await world.start({ ...SLEEP, host: { network: { kind: "none" } } });
    const [view] = await read(id, { stream: false, oneShot: true });
    expect(view?.sample?.networks).toEqual({});
    await world.remove(id);
  });
});

describe("top", () => {
  test("shows the processes with the users that they are inside", async () => {
    const id = await world.start({ command: ["sh", "-c", "sleep 1000; true"], user: "daemon" });
    const look = () => control().top(id, "-o user,pid,args");
    // Between fork and exec the shell's child still shows the shell's arguments.
    const second = async () => (await look()).processes[1]?.[2];
    await waitUntil("both are there", async () => (await second()) === "sleep 1000");
    const { titles, processes } = await look();
    const { pid } = (await containers().get(id)).state;
    await world.remove(id);

    expect(titles).toEqual(["USER", "PID", "COMMAND"]);
    expect(processes[0]).toEqual(["daemon", String(pid), "sh -c sleep 1000; true"]);
    expect(processes).toHaveLength(2);
  });

  test("needs a container that runs", async () => {
    const id = await world.create(SLEEP);
    await expect(control().top(id, "")).rejects.toThrow(`container ${id} is not running`);
    await world.remove(id);
  });
});

describe("update", () => {
  test("sets limits at once, keeps them, and shows them", async () => {
    const id = await world.start(SLEEP);
    await control().updateLimits(id, limits({ memory: { limit: 64 * MIB } }, { Memory: 64 * MIB }));
    await control().updateLimits(id, limits({ pids: { limit: 5 } }, { PidsLimit: 5 }));
    const [view] = await read(id, { stream: false, oneShot: true });
    expect(view?.sample?.usage.memory.limitBytes).toBe(64 * MIB);
    expect(view?.sample?.usage.pids.limit).toBe(5);
    await world.restart();
    const { host } = (await containers().get(id)).config;
    expect(host.resources).toMatchObject({ memory: { limit: 64 * MIB }, pids: { limit: 5 } });
    expect(host.asked).toMatchObject({ Memory: 64 * MIB, PidsLimit: 5 });
    await world.remove(id);
  });

  test.each<[string, LimitChange, string]>([
    [
      "memory above memory and swap",
      limits({ memory: { limit: 200 * MIB } }, { Memory: 200 * MIB }),
      "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
    ],
    [
      "too little memory",
      limits({ memory: { limit: MIB } }, { Memory: MIB }),
      "Minimum memory limit allowed is 6MB",
    ],
    [
      "a quota beside a number of processors",
      limits({ cpu: { quota: 50_000 } }, { CpuQuota: 50_000 }),
      "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set",
    ],
    [
      "processors that are not there",
      limits({ cpu: { cpus: "999" } }, { CpusetCpus: "999" }),
      "Requested CPUs are not available",
    ],
  ])("%s is refused, and nothing is changed", async (_, change, message) => {
    const resources = {
      memory: { limit: 64 * MIB, swap: 128 * MIB },
      cpu: { quota: 100_000, period: 100_000 },
    };
    const id = await world.start({ ...SLEEP, host: { resources, asked: { NanoCpus: 1e9 } } });
    const before = (await containers().get(id)).config;
    await expect(control().updateLimits(id, change)).rejects.toThrow(message);
    expect((await containers().get(id)).config).toEqual(before);
    await world.remove(id);
  });
});

const EXEC = {
  command: ["true"],
  env: [],
  user: "",
  workingDir: "",
  privileged: false,
  tty: false,
  attach: { stdin: false, stdout: true, stderr: true },
};

function limits(resources: LimitChange["resources"], asked: LimitChange["asked"]): LimitChange {
  return { resources, asked };
}

function read(id: string, query: { stream: boolean; oneShot: boolean }): Promise<StatsView[]> {
  return Array.fromAsync(control().stats(id, query, FOREVER));
}
