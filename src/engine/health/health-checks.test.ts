import { afterAll, beforeAll, expect, test } from "bun:test";
import { becomeHealth, checked } from "../../../test/support/checked-container.ts";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { Health } from "../model.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const containers = () => world.engine.containers;
const become = (id: string, status: Health["status"]) => becomeHealth(world, id, status);

test("a program in the container tells whether it is well", async () => {
  const id = await world.start(checked(["CMD-SHELL", "echo out; echo err >&2; test ! -e /ill"]));
  expect((await containers().get(id)).health).toEqual({
    status: "starting",
    failingStreak: 0,
    log: [],
  });
  const well = await become(id, "healthy");
  expect(well.log.at(-1)).toMatchObject({ exitCode: 0, output: "out\nerr\n" });
  await run(id, ["touch", "/ill"]);
  const ill = await become(id, "unhealthy");

  expect(ill.failingStreak).toBe(2);
  expect(ill.log.at(-1)?.exitCode).toBe(1);
  expect(ill.log.length).toBeLessThanOrEqual(5);
  await run(id, ["rm", "/ill"]);
  await become(id, "healthy");
  await world.remove(id);
});

async function run(container: string, command: readonly string[]): Promise<void> {
  const attach = { stdin: false, stdout: false, stderr: false };
  const config = {
    command,
    env: [],
    user: "",
    workingDir: "",
    privileged: false,
    tty: false,
    attach,
  };
  const id = await world.engine.execs.create(container, config);
  await world.engine.execs.startDetached(id, {});
  await waitUntil("it has run", async () => (await world.engine.execs.get(id)).exitCode === 0);
}

test("it runs as the container's user, in its directory, with its environment", async () => {
  const id = await world.start({
    ...checked(["CMD-SHELL", "id -u; pwd; echo $A $FROM_IMAGE"]),
    user: "33",
    env: ["A=b"],
    workingDir: "/tmp",
  });
  const { log } = await become(id, "healthy");

  expect(log[0]?.output).toBe("33\n/tmp\nb yes\n");
  await world.remove(id);
});

test("output is cut after 4096 bytes, however much there is", async () => {
  const id = await world.start(checked(["CMD-SHELL", "yes | head -c 1000000"]));
  const { log } = await become(id, "healthy");

  expect(log[0]?.output).toBe(`${"y\n".repeat(2048)}...`);
  await world.remove(id);
});

test("a check that takes too long is killed with all that it started, and has failed", async () => {
  const script = "echo $$ > /pids; sleep 500 & echo $! >> /pids; wait";
  const id = await world.start(
    checked(["CMD-SHELL", script], { check: { timeoutMs: 300, retries: 1 } }),
  );
  const { log } = await become(id, "unhealthy");

  expect(log[0]).toMatchObject({ exitCode: -1, output: "Health check exceeded timeout (300ms)" });
  const { state } = await containers().get(id);
  await waitUntil("only its own program is left", async () => {
    const processes = await Bun.file(`/proc/${state.pid}/root/proc/1/task/1/children`).exists();
    return processes && !(await sleepers(state.pid)).includes("500");
  });
  await world.remove(id);
});

/** The arguments of all that runs in a container's pid namespace. */
async function sleepers(pid: number): Promise<string> {
  const { stdout } = Bun.spawnSync(["nsenter", "-t", String(pid), "-p", "-m", "ps"]);
  return stdout.toString();
}

test("the process that starts checks may be killed at any time: there is another one then", async () => {
  const id = await world.start(checked(["CMD", "true"]));
  await become(id, "healthy");
  const servers = checkServers();
  expect(servers.length).toBe(1);
  for (const pid of servers) process.kill(pid, "SIGKILL");
  const ended = (await containers().get(id)).health?.log.at(-1)?.endedAt ?? "";
  await waitUntil("two more checks have passed", async () => {
    const { log = [] } = (await containers().get(id)).health ?? {};
    return log.filter(({ startedAt, exitCode }) => startedAt > ended && exitCode === 0).length > 1;
  });

  expect(checkServers()).not.toEqual(servers);
  await world.remove(id);
});

/** Of this process, which is the daemon here. */
function checkServers(): readonly number[] {
  const { stdout } = Bun.spawnSync([
    "pgrep",
    "-P",
    String(process.pid),
    "-f",
    "sampan-init checks",
  ]);
  return stdout.toString().split("\n").filter(Boolean).map(Number);
}

test("a container with limits of its own is checked under them", async () => {
  const ulimits = [{ type: "RLIMIT_NOFILE", soft: 77, hard: 88 }] as const;
  const id = await world.start(checked(["CMD-SHELL", "ulimit -n"], { host: { ulimits } }));
  const { log } = await become(id, "healthy");

  expect(log[0]?.output).toBe("77\n");
  await world.remove(id);
});

test("what cannot be run is told as the result", async () => {
  const id = await world.start(checked(["CMD", "nosuch"]));
  const { log } = await become(id, "unhealthy");

  expect(log[0]).toMatchObject({ exitCode: -1 });
  expect(log[0]?.output).toContain("nosuch");
  await world.remove(id);
});

test("the start period: failures do not count, and checks come at their own pace", async () => {
  const check = { intervalMs: 60_000, startIntervalMs: 20, startPeriodMs: 60_000, retries: 1 };
  const id = await world.start(checked(["CMD-SHELL", "test -e /well"], { check }));
  await waitUntil("it was checked", async () => {
    const { health } = await containers().get(id);
    return (health?.log.length ?? 0) >= 3;
  });
  expect((await containers().get(id)).health).toMatchObject({
    status: "starting",
    failingStreak: 0,
  });
  await run(id, ["touch", "/well"]);

  await become(id, "healthy");
  await world.remove(id);
});

const SERVER = "mkdir /w; echo hello > /w/index.html; exec httpd -f -p 8080 -h /w";

test.each([
  ["TCP", "8080", 0, "Connected to port 8080"],
  ["TCP", "8081", 1, "Cannot connect to 127.0.0.1:8081: ECONNREFUSED"],
  ["HTTP", ":8080/", 0, "HTTP/1.1 200 OK"],
  ["HTTP", ":8080/none", 1, "404 Not Found"],
  ["HTTP", ":8081/", 1, "Cannot connect"],
])("%s %s is asked from outside: %p", async (...[kind, target, exitCode, output]) => {
  const id = await world.start(checked([kind, target], { script: SERVER }));
  const { log } = await become(id, exitCode === 0 ? "healthy" : "unhealthy");

  expect(log.at(-1)?.exitCode).toBe(exitCode);
  expect(log.at(-1)?.output).toContain(output);
  await world.remove(id);
});

test("a server that does not answer takes too long", async () => {
  const script = "exec nc -ll -p 8080 -e sleep 1000";
  const id = await world.start(checked(["HTTP", ":8080/"], { script, check: { timeoutMs: 200 } }));
  const { log } = await become(id, "unhealthy");

  expect(log.at(-1)).toMatchObject({
    exitCode: -1,
    output: "Health check exceeded timeout (200ms)",
  });
  await world.remove(id);
});

test("each change is an event, and waiting for healthy ends with it", async () => {
  const events: string[] = [];
  const leave = new AbortController();
  const id = await world.create(checked(["CMD-SHELL", "test -e /ill && exit 1; touch /ill"]));
  const reading = (async () => {
    const query = { filters: { container: [id], event: ["health_status"] } };
    for await (const { action } of world.engine.events.subscribe(query, leave.signal))
      events.push(action);
  })();
  const { done } = await containers().wait(id, "healthy", FOREVER);
  await containers().start(id);

  expect(await done).toEqual({ exitCode: 0 });
  await waitUntil("all was told", () => events.length === 2);
  leave.abort();
  await reading;
  expect(events).toEqual(["health_status: healthy", "health_status: unhealthy"]);
  await world.remove(id);
});

test("waiting for healthy ends with an error where it cannot come true", async () => {
  const plain = await world.start({ command: ["sleep", "1000"] });
  await expect(containers().wait(plain, "healthy", FOREVER)).rejects.toThrow("has no health check");
  await world.remove(plain);

  const id = await world.create(checked(["CMD", "false"], { script: "exit 3" }));
  const waiting = await containers().wait(id, "healthy", FOREVER);
  await containers().start(id);
  expect(await waiting.done).toMatchObject({ error: "The container ended before it was healthy" });
  expect((await containers().get(id)).health?.status).toBe("unhealthy");
  await world.remove(id);
});

test("the filter health finds containers by what their checks say", async () => {
  const well = await world.start(checked(["CMD", "true"]));
  const ill = await world.start(checked(["CMD", "false"]));
  const plain = await world.start({ command: ["sleep", "1000"] });
  await become(well, "healthy");
  await become(ill, "unhealthy");
  const find = async (health: string) =>
    (await containers().list({ all: false, size: false, filters: { health: [health] } })).map(
      (view) => view.id,
    );

  expect(await find("healthy")).toEqual([well]);
  expect(await find("unhealthy")).toEqual([ill]);
  expect(await find("none")).toEqual([plain]);
  await expect(find("odd")).rejects.toThrow("unrecognized filter value for health: odd");
  for (const id of [well, ill, plain]) await world.remove(id);
});

test("a daemon that comes back goes on with the checks of containers that run", async () => {
  const id = await world.start(checked(["CMD-SHELL", "test ! -e /ill"]));
  await become(id, "healthy");
  await world.restart();
  expect((await containers().get(id)).health?.status).toBe("healthy");
  await run(id, ["touch", "/ill"]);

  await become(id, "unhealthy");
  await world.remove(id);
});
