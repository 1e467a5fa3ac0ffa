import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, rmdirSync, rmSync } from "node:fs";
import { containerConfig, type TestConfig } from "../../../test/support/container-config.ts";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { isGone } from "../../../test/support/is-gone.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { RestartPolicy, Status } from "../model.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;

function config(name: RestartPolicy["name"], script: string, maxRetries = 0): TestConfig {
  return { command: ["sh", "-c", script], host: { restart: { name, maxRetries } } };
}

async function become(id: string, status: Status, restarts = 0): Promise<void> {
  await waitUntil(`${id} is ${status} after ${restarts} restarts`, async () => {
    const { state, restartCount } = await containers().get(id);
    return state.status === status && restartCount >= restarts;
  });
}

test("on-failure gives up after so many tries, with the last exit code", async () => {
  const id = await world.start(config("on-failure", "echo run; exit 3", 2));
  await become(id, "exited", 2);

  const { state, restartCount } = await containers().get(id);
  expect([state.exitCode, restartCount]).toEqual([3, 2]);
  expect(await world.logsOf(id)).toBe("run\nrun\nrun\n");
  await world.remove(id);
});

test("on-failure lets a good end be the end", async () => {
  const script = "test -e /second && exit 0; touch /second; exit 1";
  const id = await world.start(config("on-failure", script));
  await become(id, "exited", 1);

  expect((await containers().get(id)).restartCount).toBe(1);
  await world.remove(id);
});

test("one that waits for its restart counts as running, and stop, kill and rm end its waiting", async () => {
  for (const end of ["stop", "kill", "remove"] as const) {
    const id = await world.start(config("always", "exit 1"));
    await become(id, "restarting", 3);
    const list = await containers().list({ all: false, size: false, filters: {} });
    expect(list.map((view) => view.id)).toEqual([id]);
    expect(await containers().start(id)).toBe("already-running");
    await expect(
      containers().remove(id, { force: false, volumes: false, link: false }),
    ).rejects.toThrow("You cannot remove a restarting container");
    const { done } = await containers().wait(id, "not-running", FOREVER);
    if (end === "stop") expect(await containers().stop(id, {})).toBe("stopped");
    else if (end === "kill") await containers().kill(id, "");
    else await world.remove(id);
    expect(await done).toMatchObject({ exitCode: 1 });
    if (end === "remove") continue;
    expect((await containers().get(id)).state.status).toBe("exited");
    await world.remove(id);
  }
});

test("a removal by force that meets a start removes the container all the same", async () => {
  for (let round = 0; round < 5; round += 1) {
    const id = await world.start(config("always", "exit 1"));
    await become(id, "restarting", 1);
    await waitUntil("it is being started again, or was", async () => {
      return (await containers().get(id)).restartCount > 1;
    });
    await world.remove(id);
  }
});

test("attach and exec are told to wait for the restart", async () => {
  const id = await world.start(config("always", "exit 1"));
  await become(id, "restarting", 4);
  const streams = { stdin: false, stdout: true, stderr: true };
  const text = `Container ${id} is restarting, wait until the container is running`;

  await expect(containers().attach(id, { ...streams, logs: false, stream: true })).rejects.toThrow(
    text,
  );
  await expect(
    world.engine.execs.create(id, {
      command: ["true"],
      env: [],
      user: "",
      workingDir: "",
      privileged: false,
      tty: false,
      attach: streams,
    }),
  ).rejects.toThrow(text);
  await world.remove(id);
});

test("a stop is no reason to restart, and a start begins the count anew", async () => {
  const id = await world.start(
    config("always", "test -e /on && exec sleep 1000; touch /on; exit 1"),
  );
  await become(id, "running", 1);
  await containers().stop(id, { timeoutSeconds: 0 });

  const stopped = await containers().get(id);
  expect([stopped.state.status, stopped.restartCount]).toEqual(["exited", 1]);
  expect(await containers().start(id)).toBe("started");
  expect((await containers().get(id)).restartCount).toBe(0);
  await world.remove(id);
});

test("a signal that does not ask for the end does not keep it from being started again", async () => {
  const id = await world.start(
    config(
      "always",
      "test -e /on && exec sleep 1000; touch /on; trap 'exit 5' HUP; while :; do sleep 0.01; done",
    ),
  );
  await waitUntil("it has set its trap", async () => {
    await containers()
      .kill(id, "HUP")
      .catch(() => {});
    return (await containers().get(id)).restartCount === 1;
  });

  await become(id, "running", 1);
  await world.remove(id);
});

test("a restart that fails is tried again, and the state says why", async () => {
  const source = `${world.execRoot}/source`;
  mkdirSync(source);
  const id = await world.create({
    ...config("always", "test -e /m/on && exec sleep 1000; exit 1"),
    host: {
      restart: { name: "always", maxRetries: 0 },
      binds: [
        {
          kind: "bind",
          source,
          target: "/m",
          readonly: false,
          createSource: false,
          propagation: "",
          recursive: true,
          mode: "",
          via: "mounts",
        },
      ],
    },
  });
  await containers().start(id);
  await become(id, "restarting", 1);
  rmSync(source, { recursive: true });
  await waitUntil("a start has failed", async () => {
    return (await containers().get(id)).state.error.includes("Cannot start container");
  });
  mkdirSync(source);
  await Bun.write(`${source}/on`, "");
  await become(id, "running");

  expect((await containers().get(id)).state.error).toBe("");
  await world.remove(id);
});

test("a first start that fails is told, and not tried again", async () => {
  const id = await world.create({
    command: ["nonsense"],
    host: { restart: { name: "always", maxRetries: 0 } },
  });

  await expect(containers().start(id)).rejects.toThrow("nonsense");
  const { state, restartCount } = await containers().get(id);
  expect([state.status, state.exitCode, restartCount]).toEqual(["created", 127, 0]);
  await world.remove(id);
});

test("each end and each start is an event; waiting for an exit sees the first", async () => {
  const events: string[] = [];
  const leave = new AbortController();
  const id = await world.create(config("on-failure", "exit 4", 1));
  const reading = (async () => {
    const query = { filters: { container: [id] } };
    for await (const { action } of world.engine.events.subscribe(query, leave.signal))
      events.push(action);
  })();
  const { done } = await containers().wait(id, "next-exit", FOREVER);
  await containers().start(id);

  expect(await done).toMatchObject({ exitCode: 4 });
  await become(id, "exited", 1);
  await waitUntil("all was told", () => events.filter((action) => action === "die").length === 2);
  leave.abort();
  await reading;
  expect(events.join(" ")).toBe("start die start die");
  await world.remove(id);
});

test("a policy is changed while it runs, but not together with --rm", async () => {
  const id = await world.start(config("no", "exec sleep 1000"));
  await containers().updateRestartPolicy(id, { name: "always", maxRetries: 0 });
  const { state } = await containers().get(id);
  process.kill(state.pid, "SIGKILL");
  await become(id, "running", 1);
  await world.remove(id);

  const removed = await world.start({ command: ["sleep", "1000"], host: { autoRemove: true } });
  await expect(
    containers().updateRestartPolicy(removed, { name: "always", maxRetries: 0 }),
  ).rejects.toThrow("Restart policy cannot be updated because AutoRemove is enabled");
  await world.remove(removed);
});

test("a policy together with --rm is refused", async () => {
  const host = { autoRemove: true, restart: { name: "always", maxRetries: 0 } } as const;
  await expect(
    world.engine.containers.create({ config: containerConfig({ host }) }),
  ).rejects.toThrow("can't create 'AutoRemove' container with restart policy");
});

test("a daemon that comes back goes on with restarts, and starts what is to run", async () => {
  const sleep = "exec sleep 1000";
  const once = "test -e /on && exec sleep 1000; touch /on; exit 1";
  const crashing = await world.start(config("always", "exit 1"));
  const always = await world.start(config("always", sleep));
  const stopped = await world.start(config("unless-stopped", sleep));
  const unless = await world.start(config("unless-stopped", sleep));
  const failing = await world.start(config("on-failure", once));
  const never = await world.create(config("always", sleep));
  await become(crashing, "restarting", 3);
  await become(failing, "running", 1);
  await containers().stop(always, { timeoutSeconds: 0 });
  await containers().stop(stopped, { timeoutSeconds: 0 });
  const pids = await Promise.all(
    [unless, failing].map(async (id) => (await containers().get(id)).state.pid),
  );
  await world.restart(async () => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await waitUntil("they ended", () => pids.every(isGone));
  });

  for (const id of [always, unless, failing]) await become(id, "running");
  await become(crashing, "restarting", 4);
  expect((await containers().get(stopped)).state.status).toBe("exited");
  expect((await containers().get(never)).state.status).toBe("created");
  for (const id of [crashing, always, stopped, unless, failing, never]) await world.remove(id);
});

test("after a reboot of the host all that was to run does", async () => {
  const ids: string[] = [];
  for (const policy of ["always", "unless-stopped", "on-failure", "no"] as const) {
    ids.push(await world.start(config(policy, "exec sleep 1000")));
  }
  const [always = "", unless = "", failing = "", none = ""] = ids;
  const pids = await Promise.all(ids.map(async (id) => (await containers().get(id)).state.pid));
  await world.restart(async () => {
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await waitUntil("they ended", () => pids.every(isGone));
    rmSync(`${world.execRoot}/run`, { recursive: true });
    for (const path of ids.flatMap((id) => world.cgroupsOf(id))) rmdirSync(path);
  });

  for (const id of [always, unless, failing]) await become(id, "running");
  expect((await containers().get(none)).state).toMatchObject({ status: "exited", exitCode: 255 });
  for (const id of ids) await world.remove(id);
});
