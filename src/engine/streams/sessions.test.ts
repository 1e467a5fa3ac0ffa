import { afterAll, beforeAll, expect, test } from "bun:test";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { TestClient } from "../../../test/support/test-client.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { AttachOptions } from "../facade.ts";

let world: EngineWorld;
beforeAll(async () => {
  world = await EngineWorld.make();
});
afterAll(() => world.end());

const ALL = { stdin: true, stdout: true, stderr: true, logs: false, stream: true };
const INTERACTIVE = { openStdin: true, stdinOnce: true };
const shell = (script: string) => ({ command: ["sh", "-c", script] });

async function attach(id: string, options: Partial<AttachOptions> = {}): Promise<TestClient> {
  return new TestClient(await world.engine.containers.attach(id, { ...ALL, ...options }));
}

test("a client that attached before the start misses nothing, and its end of input ends nothing", async () => {
  const id = await world.create({ ...shell("cat; echo done >&2"), ...INTERACTIVE });
  const client = await attach(id);
  await world.engine.containers.start(id);
  client.write("hello");
  client.endInput();
  await client.done();
  await world.remove(id);

  expect(client.frames).toEqual({ stdout: "hello", stderr: "done\n" });
});

test("several clients see the same, each only what it asked for", async () => {
  const id = await world.create(shell("echo out; echo err >&2"));
  const both = await attach(id);
  const errors = await attach(id, { stdout: false });
  await world.engine.containers.start(id);
  await Promise.all([both.done(), errors.done()]);
  await world.remove(id);

  expect(both.frames).toEqual({ stdout: "out\n", stderr: "err\n" });
  expect(errors.frames).toEqual({ stderr: "err\n" });
});

test("a client that attaches late can have the log first", async () => {
  const id = await world.start({ ...shell("echo early; read x; echo late"), ...INTERACTIVE });
  await waitUntil("it spoke", async () => (await world.logsOf(id)).includes("early"));
  const client = await attach(id, { logs: true });
  client.write("\n");
  await client.done();
  const logOnly = await attach(id, { logs: true, stream: false });
  await logOnly.done();
  await world.remove(id);

  expect(client.frames).toEqual({ stdout: "early\nlate\n" });
  expect(logOnly.frames).toEqual({ stdout: "early\nlate\n" });
});

test("a terminal is raw, has its size, and is left by the detach keys", async () => {
  const host = { consoleSize: { rows: 33, columns: 77 } };
  const id = await world.create({
    ...shell("stty size; read x; stty size; sleep 1000"),
    tty: true,
    openStdin: true,
    host,
  });
  const client = await attach(id);
  const events = world.engine.events.subscribe({ filters: { event: ["detach"] } }, FOREVER);
  await world.engine.containers.start(id);
  await waitUntil("it told its size", () => client.received.includes("33 77"));
  await world.engine.containers.resize(id, { rows: 44, columns: 88 });
  client.write("\r");
  await waitUntil("it told its new size", () => client.received.includes("44 88"));
  client.write(Uint8Array.of(16, 17));
  await client.done();
  const { value } = await events[Symbol.asyncIterator]().next();
  const { state } = await world.engine.containers.get(id);
  await world.remove(id);

  expect(value).toMatchObject({ action: "detach", actorId: id });
  expect(state.status).toBe("running");
});

test("a client that vanishes harms neither the container nor others", async () => {
  const id = await world.create({
    ...shell("while read x; do echo got $x; done"),
    openStdin: true,
  });
  const vanishing = await attach(id);
  const staying = await attach(id);
  await world.engine.containers.start(id);
  vanishing.write("1\n");
  await waitUntil("both saw it", () => staying.frames["stdout"] === "got 1\n");
  vanishing.vanish();
  staying.write("2\n");
  await waitUntil("the other goes on", () => staying.frames["stdout"] === "got 1\ngot 2\n");
  await world.remove(id);
  await staying.done();
});

test("a slow client gets all of a large output", async () => {
  const id = await world.create(shell("dd if=/dev/zero bs=64k count=320 2>/dev/null"));
  const client = await attach(id, { stderr: false });
  await world.engine.containers.start(id);
  await client.done();
  await world.remove(id);

  expect(client.frames["stdout"]?.length).toBe(320 * 64 * 1024);
});

test("a client of a container that cannot start is let go", async () => {
  const id = await world.create({ command: ["nonsense"], ...INTERACTIVE });
  const client = await attach(id);
  await world.engine.containers.start(id).catch(() => {});
  await client.done();
  await world.remove(id);

  expect(client.received).toBeEmpty();
});

test("detach keys that make no sense are refused before anything happens", async () => {
  const id = await world.create({ tty: true, openStdin: true });

  await expect(attach(id, { detachKeys: "ctrl-1" })).rejects.toThrow("Invalid detach keys");
  await world.remove(id);
});
