import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, readlinkSync } from "node:fs";
import { RuntimeWorld, type Started } from "../support/runtime-world.ts";
import { waitUntil } from "../support/wait-until.ts";

const NAMESPACES = ["user", "mnt", "net", "pid", "ipc", "uts", "cgroup"];

let world: RuntimeWorld;
let container: Started;

beforeAll(async () => {
  world = await RuntimeWorld.make();
  container = await world.start({ args: ["sleep", "1000"] });
});

afterAll(() => world[Symbol.asyncDispose]());

test("an exec sees the container's processes, and is in its namespaces and its cgroup", async () => {
  const script = "cat /proc/1/cmdline | tr '\\0' ' '; hostname";
  const { stdout } = await world.runExec(container, { args: ["sh", "-c", script] });
  const exec = await world.execute(container, { args: ["sleep", "1000"] });
  const [own, its] = [container, exec].map(({ running }) => ({
    namespaces: NAMESPACES.map((name) => readlinkSync(`/proc/${running.pid}/ns/${name}`)),
    cgroups: readFileSync(`/proc/${running.pid}/cgroup`, "utf8"),
  }));
  exec.running.kill(9);
  await exec.running.exited;

  expect(stdout).toBe("sleep 1000 box\n");
  expect(its).toEqual(own);
  expect(own?.cgroups).toContain(`${world.cgroupParent}/${container.id}`);
});

test("an exec has a user, a directory, variables and capabilities of its own", async () => {
  const process = {
    user: { uid: 1000, gid: 1000 },
    cwd: "/etc",
    env: ["PATH=/bin", "ONE=1"],
    capabilities: {},
  };
  const script = "id -u; pwd; echo $ONE; grep CapBnd /proc/self/status";
  const { stdout } = await world.runExec(container, { args: ["sh", "-c", script], process });

  expect(stdout).toBe("1000\n/etc\n1\nCapBnd:\t0000000000000000\n");
});

test("an exec has stdio of its own, with and without a terminal", async () => {
  const piped = await world.runExec(container, { args: ["cat"], input: "through a pipe" });
  const shown = await world.runExec(container, {
    args: ["sh", "-c", "tty; stty size"],
    stdio: { terminal: { rows: 10, columns: 20 } },
  });

  expect(piped.stdout).toBe("through a pipe");
  expect(shown.stdout).toMatch(/^\/dev\/pts\/\d+\r\n10 20\r\n$/);
});

test("several execs at once do not mix", async () => {
  const words = Array.from({ length: 12 }, (_, index) => `word-${index}`);
  const results = await Promise.all(
    words.map((word) =>
      world.runExec(container, { args: ["sh", "-c", `read w; echo $w ${word}`], input: "in\n" }),
    ),
  );

  expect(results.map(({ stdout }) => stdout)).toEqual(words.map((word) => `in ${word}\n`));
});

test.each([
  ["a program that is not there", { args: ["/bin/nothing"] }, 127, /no such file/],
  [
    "a directory that is not there",
    { args: ["true"], process: { cwd: "/no/where" } },
    127,
    /\/no\/where.*ENOENT/,
  ],
])("an exec of %s is told, and leaves nothing", async (_, options, ...[exitCode, message]) => {
  const before = world.listRemains();
  const error: unknown = await world.runExec(container, options).catch((reason) => reason);

  expect(error).toMatchObject({ exitCode, message: expect.stringMatching(message) });
  // An exec that ended before may just be going.
  expect(world.listRemains().filter((thing) => !before.includes(thing))).toEqual([]);
});

test("the end of a container ends its execs", async () => {
  const short = await world.start({ args: ["sleep", "1000"] });
  const exec = await world.execute(short, { args: ["sleep", "1000"] });
  short.running.kill(9);

  expect(await exec.running.exited).toMatchObject({ exitCode: 137, signal: 9 });
  await world.end(short);
});

test("an exec in a container that has ended is refused", async () => {
  const ended = await world.start({ args: ["true"] });
  await ended.running.exited;

  await expect(world.runExec(ended, { args: ["true"] })).rejects.toThrow("ESRCH");
  await world.end(ended);
});

test("a reaper collects orphans, hands signals on and ends as its program does", async () => {
  const script = "trap 'exit 9' TERM; (sleep 0.01 &) ; while :; do sleep 0.01; done";
  const reaped = await world.start({ args: ["sh", "-c", script], init: true });
  const count = async () => {
    const { stdout } = await world.runExec(reaped, {
      args: ["sh", "-c", "cat /proc/[0-9]*/status | grep -c 'State:.Z'"],
    });
    return Number(stdout);
  };
  const commands = readFileSync(`/proc/${reaped.running.pid}/comm`, "utf8");
  await waitUntil("no zombie is left", async () => (await count()) === 0);
  reaped.running.kill(15);
  const { exitCode, signal } = await world.end(reaped);

  expect(commands).toBe("sampan-init\n");
  expect([exitCode, signal]).toEqual([9, 0]);
});

test.each([9, 15])(
  "with a reaper a program that signal %d ends is told as 128 and the signal",
  async (signal) => {
    const result = await world.run({ args: ["sh", "-c", `kill -${signal} $$`], init: true });

    expect(result.exitCode).toBe(128 + signal);
  },
);

test("without a reaper PID 1 gets no signal that it has no handler for", async () => {
  const plain = await world.start({
    args: ["sh", "-c", "echo up; cat; exit 6"],
    stdio: { stdin: true },
  });
  plain.running.kill(15);
  const stream = await plain.running.attach({ stdin: true, stdout: false, stderr: false });
  stream.end();
  stream.resume();
  plain.running.kill(9);

  expect(await world.end(plain)).toMatchObject({ exitCode: 137 });
});
