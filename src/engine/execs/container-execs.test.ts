import { afterAll, beforeAll, expect, test } from "bun:test";
import { EngineWorld } from "../../../test/support/engine-world.ts";
import { TestClient } from "../../../test/support/test-client.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { ExecConfig } from "../facade.ts";

let world: EngineWorld;
let id: string;
beforeAll(async () => {
  world = await EngineWorld.make();
  id = await world.start({ command: ["sleep", "1000"], env: ["OWN=1"], hostname: "ship" });
});
afterAll(() => world.end());

const EXEC: ExecConfig = {
  command: ["true"],
  env: [],
  user: "",
  workingDir: "",
  privileged: false,
  tty: false,
  attach: { stdin: true, stdout: true, stderr: true },
};
const shell = (script: string) => ({ command: ["sh", "-c", script] });

async function open(config: Partial<ExecConfig>) {
  const exec = await world.engine.execs.create(id, { ...EXEC, ...config });
  return { exec, client: new TestClient(await world.engine.execs.start(exec, {})) };
}

test.each<[string, Partial<ExecConfig>, Record<string, string>, number]>([
  [
    "both streams",
    shell("echo out; echo err >&2; exit 9"),
    { stdout: "out\n", stderr: "err\n" },
    9,
  ],
  ["the container's host name", shell("hostname"), { stdout: "ship\n" }, 0],
  ["variables", { ...shell("echo $OWN$MORE$HOME"), env: ["MORE=2"] }, { stdout: "12/root\n" }, 0],
  [
    "a user",
    { ...shell("id -un; echo $HOME"), user: "daemon" },
    { stdout: "daemon\n/usr/sbin\n" },
    0,
  ],
  ["a directory", { ...shell("pwd"), workingDir: "/etc" }, { stdout: "/etc\n" }, 0],
  ["PID 1 beside it", shell("cat /proc/1/cmdline | tr '\\0' ' '"), { stdout: "sleep 1000 " }, 0],
])("an exec has %s", async (...[_what, config, frames, exitCode]) => {
  const { exec, client } = await open(config);
  await client.done();
  await waitUntil("it ended", async () => !(await world.engine.execs.get(exec)).running);

  expect(client.frames).toEqual(frames);
  expect(await world.engine.execs.get(exec)).toMatchObject({ exitCode, containerId: id });
});

test("an exec reads its client's input to the end", async () => {
  const { client } = await open({ command: ["cat"] });
  client.write("hello");
  client.endInput();
  await client.done();

  expect(client.frames).toEqual({ stdout: "hello" });
});

test("an exec on a terminal is raw and can be resized", async () => {
  const { exec, client } = await open({ ...shell("read x; stty size"), tty: true });
  await waitUntil("it runs", async () => (await world.engine.execs.get(exec)).running);
  await world.engine.execs.resize(exec, { rows: 12, columns: 34 });
  client.write("\r");
  await client.done();

  expect(client.received.toString()).toContain("12 34\r\n");
});

test.each([
  [["nonsense"], 127, "executable file not found"],
  [["/etc/passwd"], 126, "permission denied"],
])("an exec of %p that cannot start says so in the stream: %d", async (...row) => {
  const [command, exitCode, text] = row;
  const { exec, client } = await open({ command });
  await client.done();

  expect(client.frames["stdout"]).toContain(text);
  expect(await world.engine.execs.get(exec)).toMatchObject({ running: false, exitCode });
});

test("a detached exec runs by itself, once", async () => {
  const { execs } = world.engine;
  const exec = await execs.create(id, { ...EXEC, ...shell("echo x > /tmp/mark; sleep 1000") });
  await execs.startDetached(exec, {});
  const { client } = await open(shell("until cat /tmp/mark 2>/dev/null; do :; done"));
  await client.done();

  expect(client.frames).toEqual({ stdout: "x\n" });
  expect(await execs.get(exec)).toMatchObject({ running: true });
  await expect(execs.start(exec, {})).rejects.toThrow("is already running");
});

test("what cannot be is refused", async () => {
  const { execs } = world.engine;
  const stopped = await world.create({});

  await expect(execs.create(id, { ...EXEC, command: [] })).rejects.toThrow("No exec command");
  await expect(execs.create(stopped, EXEC)).rejects.toThrow(`container ${stopped} is not running`);
  await expect(execs.create("none", EXEC)).rejects.toThrow("No such container: none");
  await expect(execs.get("none")).rejects.toThrow("No such exec instance: none");
  await world.remove(stopped);
});

test("execs end with their container, and are forgotten with it", async () => {
  const other = await world.start({ command: ["sleep", "1000"] });
  const exec = await world.engine.execs.create(other, { ...EXEC, command: ["sleep", "1000"] });
  const client = new TestClient(await world.engine.execs.start(exec, {}));
  await waitUntil("it runs", async () => (await world.engine.execs.get(exec)).running);
  expect((await world.engine.containers.get(other)).execIds).toEqual([exec]);
  await world.engine.containers.kill(other, "");
  await client.done();
  await waitUntil("it ended", async () => !(await world.engine.execs.get(exec)).running);

  expect(await world.engine.execs.get(exec)).toMatchObject({ exitCode: 137 });
  await world.remove(other);
  await expect(world.engine.execs.get(exec)).rejects.toThrow("No such exec instance");
});

test("twenty execs at once each get their own output", async () => {
  const outputs = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const { client } = await open(shell(`echo ${index}`));
      await client.done();
      return client.frames["stdout"];
    }),
  );

  expect(outputs).toEqual(Array.from({ length: 20 }, (_, index) => `${index}\n`));
});
