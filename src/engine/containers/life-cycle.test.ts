import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { containerConfig, type TestConfig } from "../../../test/support/container-config.ts";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;
const shell = (script: string) => ({ command: ["sh", "-c", script] });
const SLEEP = { command: ["sleep", "1000"] };

test("with --rm also a container that could not start is removed, and its code is known", async () => {
  const id = await world.create({ command: ["nonsense"], host: { autoRemove: true } });
  const { done } = await containers().wait(id, "removed", FOREVER);
  await containers()
    .start(id)
    .catch(() => {});

  expect(await done).toMatchObject({ exitCode: 127 });
  await expect(containers().get(id)).rejects.toThrow(`No such container: ${id}`);
});

test("with --rm nothing is left after the end, but the exit code", async () => {
  const before = leftovers();
  const id = await world.create({
    ...shell("exit 3"),
    host: { autoRemove: true },
    volumes: ["/v"],
  });
  const { done } = await containers().wait(id, "removed", FOREVER);
  await containers().start(id);

  expect(await done).toEqual({ exitCode: 3 });
  expect(leftovers()).toEqual(before);
});

/** Rows, directories and volumes of the world. */
function leftovers() {
  const { store, dataRoot } = world;
  return {
    rows: store.containers.list().length,
    ranges: store.idRanges.list().length,
    volumes: store.volumes.list().length,
    containers: readdirSync(join(dataRoot, "containers")),
    volumeDirectories: existsSync(join(dataRoot, "volumes"))
      ? readdirSync(join(dataRoot, "volumes"))
      : [],
  };
}

test.each<[string, TestConfig & { name?: string; image?: string }, string]>([
  ["an unknown image", { image: "none" }, "No such image: none:latest"],
  ["a bad name", { name: "a b" }, "Invalid container name (a b)"],
  ["a taken name", { name: "taken" }, 'The container name "/taken" is already in use by container'],
  ["an unknown capability", { host: { capAdd: ["FOO"] } }, 'unknown capability: "CAP_FOO"'],
  [
    "no such donor",
    { host: { network: { kind: "container", container: "x" } } },
    "No such container: x",
  ],
  ["a relative mount", { host: { binds: [tmpfs("t")] } }, "mount path must be absolute"],
  [
    "the same mount twice",
    { host: { binds: [tmpfs("/t"), tmpfs("/t/")] } },
    "Duplicate mount point: /t",
  ],
  [
    "a sysctl of the host",
    { host: { sysctls: { "kernel.panic": "1" } } },
    "separate kernel namespace",
  ],
  ["a relative directory", { workingDir: "x" }, "needs to be an absolute path"],
  ["a bad stop signal", { stopSignal: "NONE" }, "invalid signal: NONE"],
  ["a broken seccomp profile", { host: { security: brokenProfile() } }, "seccomp"],
])("create refuses %s and leaves nothing", async (_what, { name, ...config }, text) => {
  const taken = await world.create({}, "taken");
  const before = leftovers();

  await expect(world.create({ command: ["true"], ...config }, name)).rejects.toThrow(text);
  expect(leftovers()).toEqual(before);
  await world.remove(taken);
});

function tmpfs(target: string) {
  return { kind: "tmpfs", target, readonly: false, options: [], via: "tmpfs" } as const;
}

function brokenProfile() {
  return {
    noNewPrivileges: false,
    seccomp: { profile: "{" },
    unconfinedPaths: false,
    asked: [],
  };
}

test("a log that was asked for before its container went is read whole", async () => {
  const id = await world.start(shell("echo all of it"));
  const query = { stdout: true, stderr: true, follow: true };
  const followed = await containers().logs(id, query, FOREVER);
  const { done } = await containers().wait(id, "not-running", FOREVER);
  await done;
  const past = await containers().logs(id, query, FOREVER);
  await world.remove(id);

  for (const { output } of [followed, past]) {
    expect(Buffer.concat(await Array.fromAsync(output)).toString("latin1")).toContain("all of it");
  }
});

test("a log that nobody reads is closed with its signal", async () => {
  const id = await world.start(shell("echo unread; exec sleep 1000"));
  const openLogs = () =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes(id);
      } catch {
        // The directory's own descriptor is closed by now.
        return false;
      }
    });
  const client = new AbortController();
  await containers().logs(id, { stdout: true, stderr: true, follow: true }, client.signal);
  const before = openLogs().length;
  client.abort();
  await waitUntil("the log is closed", () => openLogs().length < before);
  await world.remove(id);
});

test("stop asks first, and kills when the time is up", async () => {
  const obedient = await world.start(shell("trap 'exit 5' TERM; echo ready; sleep 1000 & wait"));
  const stubborn = await world.start(shell("trap '' TERM; echo ready; sleep 1000 & wait"));
  for (const id of [obedient, stubborn]) {
    await waitUntil("it is ready", async () => (await world.logsOf(id)).includes("ready"));
  }
  const answers = [
    await containers().stop(obedient, {}),
    await containers().stop(stubborn, { timeoutSeconds: 0 }),
    await containers().stop(stubborn, {}),
  ];
  const views = [await containers().get(obedient), await containers().get(stubborn)];
  await Promise.all([obedient, stubborn].map((id) => world.remove(id)));

  expect(answers).toEqual(["stopped", "stopped", "already-stopped"]);
  expect(views.map(({ state }) => [state.status, state.exitCode])).toEqual([
    ["exited", 5],
    ["exited", 137],
  ]);
});

test("kill sends any signal to what runs, and nothing to what does not", async () => {
  const id = await world.start(
    shell("trap 'echo got' USR1; echo ready; while :; do sleep 0.1; done"),
  );
  await waitUntil("it is ready", async () => (await world.logsOf(id)).includes("ready"));
  await containers().kill(id, "SIGUSR1");
  await waitUntil("it got it", async () => (await world.logsOf(id)).includes("got"));
  await expect(containers().kill(id, "FOO")).rejects.toThrow("invalid signal: FOO");
  await containers().kill(id, "");

  expect((await containers().get(id)).state).toMatchObject({ status: "exited", exitCode: 137 });
  await expect(containers().kill(id, "")).rejects.toThrow(`container ${id} is not running`);
  await world.remove(id);
});

test("a running container is removed only by force; start and rename know what is in the way", async () => {
  const id = await world.start(SLEEP, "first");
  await world.create({}, "second");

  expect(await containers().start(id)).toBe("already-running");
  await expect(
    containers().remove(id, { force: false, volumes: false, link: false }),
  ).rejects.toThrow("You cannot remove a running container");
  await expect(containers().rename(id, "second")).rejects.toThrow("is already in use");
  await containers().rename("first", "third");
  expect((await containers().get("third")).id).toBe(id);
  await expect(containers().get("first")).rejects.toThrow("No such container: first");
  await world.remove("third");
  await world.remove("second");
});

test("restart gives a new life, with --rm too", async () => {
  const id = await world.start({ ...SLEEP, host: { autoRemove: true } });
  const { state: first } = await containers().get(id);
  await containers().restart(id, { timeoutSeconds: 0 });
  const { state: second } = await containers().get(id);
  await world.remove(id);

  expect(second.status).toBe("running");
  expect(second.pid).not.toBe(first.pid);
});

test("twenty clients at once get one start, one end and one removal", async () => {
  const id = await world.create(SLEEP);
  const starts = await Promise.all(Array.from({ length: 20 }, () => containers().start(id)));
  const removals = await Promise.allSettled(Array.from({ length: 20 }, () => world.remove(id)));

  expect(starts.filter((answer) => answer === "started")).toHaveLength(1);
  expect(removals.every(({ status }) => status === "fulfilled")).toBe(true);
  await expect(containers().get(id)).rejects.toThrow("No such container");
});

test("twenty containers at once each have a life of their own", async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, index) => world.run(shell(`echo ${index}; exit ${index}`))),
  );

  expect(results).toEqual(
    Array.from({ length: 20 }, (_, index) => ({ output: `${index}\n`, exitCode: index })),
  );
});

test("list finds by state, name and label, newest first", async () => {
  const stopped = await world.create({ labels: { tier: "a" } }, "list-one");
  const running = await world.start({ ...SLEEP, labels: { tier: "b" } }, "list-two");
  const find = async (all: boolean, filters: Record<string, readonly string[]>, limit?: number) =>
    (
      await containers().list({
        all,
        size: false,
        filters,
        ...(limit === undefined ? {} : { limit }),
      })
    ).map(({ name }) => name);

  expect(await find(false, {})).toEqual(["list-two"]);
  expect(await find(true, {})).toEqual(["list-two", "list-one"]);
  expect(await find(true, {}, 1)).toEqual(["list-two"]);
  expect(await find(false, { status: ["created"] })).toEqual(["list-one"]);
  expect(await find(true, { label: ["tier=a"] })).toEqual(["list-one"]);
  expect(await find(true, { before: ["list-two"] })).toEqual(["list-one"]);
  expect(await find(true, { ancestor: ["test"], name: ["two"] })).toEqual(["list-two"]);
  await expect(find(true, { colour: ["red"] })).rejects.toThrow("invalid filter 'colour'");
  await Promise.all([stopped, running].map((id) => world.remove(id)));
});

test("prune removes what does not run", async () => {
  const stopped = await world.create({ labels: { prune: "" } });
  const running = await world.start({ ...SLEEP, labels: { prune: "" } });
  const { deleted } = await containers().prune({ label: ["prune"] });

  expect(deleted).toEqual([stopped]);
  await world.remove(running);
});

test("explain tells the plan of a container that is not made", async () => {
  const before = leftovers();
  const config = containerConfig({ command: ["true"], volumes: ["/v"] });
  const plan = await containers().explain({ config });

  expect(plan.steps.at(-1)?.op).toBe("exec");
  expect(leftovers()).toEqual(before);
});

test("info counts containers", async () => {
  const id = await world.start(SLEEP);
  const info = await world.engine.system.info();
  await world.remove(id);

  expect(info.containers).toMatchObject({ running: 1, paused: 0 });
  expect(info.bridge).toEqual({ name: "world0", subnet: "10.99.0.0/24" });
});
