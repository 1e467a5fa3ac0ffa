import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname } from "node:path";
import { EngineWorld, FOREVER } from "../../../test/support/engine-world.ts";
import { LogReceiver } from "../../../test/support/log-receiver.ts";
import { splitFrames } from "../../../test/support/program-output.ts";
import { TestClient } from "../../../test/support/test-client.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { LogQuery } from "../facade.ts";
import type { LogOptions } from "../model.ts";

let world: EngineWorld;

beforeAll(async () => {
  world = await EngineWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

type Options = Record<string, string>;

const shell = (script: string, log: LogOptions, more: object = {}) => ({
  command: ["sh", "-c", script],
  openStdin: true,
  host: { log, ...more },
});

const syslog = (port: number, options: Options = {}): LogOptions => ({
  driver: "syslog",
  options: { "syslog-address": `tcp://127.0.0.1:${port}`, ...options },
});

/** The texts of syslog lines, in the order in which they came. */
const textsOf = (receiver: LogReceiver) =>
  [...receiver.text.matchAll(/\]: (.*)\n/g)].map(([, text]) => text);

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

/** The client stays until the container goes. */
async function type(id: string, text: string): Promise<void> {
  const options = { stdin: true, stdout: false, stderr: false, logs: false, stream: true };
  new TestClient(await world.engine.containers.attach(id, options)).write(text);
}

test("a container that goes when it ends has sent all of its output first", async () => {
  await using receiver = await LogReceiver.listen();
  const log = syslog(receiver.port, { tag: "{{.Name}}/{{.ID}}" });
  const id = await world.create(shell("seq 1 2000", log, { autoRemove: true }), "sender");
  const gone = await world.engine.containers.wait(id, "removed", FOREVER);
  await world.engine.containers.start(id);
  await gone.done;
  await receiver.until(": 2000\n");

  expect(textsOf(receiver)).toEqual(numbers(1, 2000));
  expect(receiver.text).toContain(`sender/${id.slice(0, 12)}[`);
});

test("the log that is sent can be asked for too, unless that is not wanted", async () => {
  await using receiver = await LogReceiver.listen();
  const kept = await world.start(shell("echo hi", syslog(receiver.port)));
  const options = { "cache-disabled": "true" };
  const unkept = await world.start(shell("echo hi", syslog(receiver.port, options)));
  await waitUntil("both came", () => textsOf(receiver).length === 2);

  expect(await world.logsOf(kept)).toBe("hi\n");
  await expect(world.logsOf(unkept)).rejects.toThrow(
    "configured logging driver does not support reading",
  );
  await world.remove(kept);
  await world.remove(unkept);
});

test("what is written while no daemon is there, or no receiver, is sent later, and once", async () => {
  const first = await LogReceiver.listen();
  const { port } = first;
  const script = "seq 1 10; read x; seq 11 20; read x; seq 21 30; read x";
  const id = await world.start(shell(script, syslog(port)));
  await first.until(": 10\n");
  await first[Symbol.asyncDispose]();
  await type(id, "\n");
  await waitUntil("it went on", async () => (await world.logsOf(id)).includes("20\n"));
  await world.restart();
  await type(id, "\n");
  await waitUntil("it went on", async () => (await world.logsOf(id)).includes("30\n"));
  await using second = await LogReceiver.listen(port);
  await second.until(": 30\n");
  await world.remove(id);

  expect(textsOf(first)).toEqual(numbers(1, 10));
  // The connection broke without a word: what the kernel took before it knew may be gone, as in Docker.
  expect(textsOf(second)).toEqual(numbers(11, 30));
});

test("a container does not start when its receiver is not there, unless that is no matter", async () => {
  const receiver = await LogReceiver.listen();
  const { port } = receiver;
  await receiver[Symbol.asyncDispose]();
  const refused = await world.create(shell("true", syslog(port)));
  const options = { "fluentd-address": `127.0.0.1:${port}`, "fluentd-async": "true" };
  const patient = await world.create(shell("true", { driver: "fluentd", options }));

  await expect(world.engine.containers.start(refused)).rejects.toThrow(
    `failed to initialize logging driver: dial tcp 127.0.0.1:${port}: connect: connection refused`,
  );
  expect(await world.engine.containers.start(patient)).toBe("started");
  await world.remove(refused);
  await world.remove(patient);
});

test("a receiver that is too far behind misses lines, and is told how many, where that is asked", async () => {
  const first = await LogReceiver.listen();
  const { port } = first;
  const options = { mode: "non-blocking", "max-buffer-size": "100k" };
  const id = await world.start(
    shell("read x; seq 1 60000; read x; echo end", syslog(port, options)),
  );
  await first[Symbol.asyncDispose]();
  await type(id, "\n");
  await waitUntil("it spoke", async () => (await world.logsOf(id)).includes("60000\n"));
  await waitUntil("some was given up", () => {
    const path = `${world.dataRoot}/containers/${id}/log-sent`;
    return existsSync(path) && JSON.parse(readFileSync(path, "utf8")).offset > 0;
  });
  await using second = await LogReceiver.listen(port);
  await type(id, "\n");
  await second.until(": end\n");
  await world.remove(id);
  const texts = textsOf(second);
  const lost = Number(/^sampan: (\d+) lines/.exec(texts[0] ?? "")?.[1]);

  expect(lost).toBeGreaterThan(0);
  expect(texts.slice(1)).toEqual([...numbers(lost + 1, 60_000), "end"]);
});

test("a receiver that does not read keeps no container from being removed", async () => {
  const deaf = createServer((socket) => void socket.pause());
  await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
  const { port } = deaf.address() as AddressInfo;
  const id = await world.start(shell("seq 1 200000; sleep 1000", syslog(port)));
  await waitUntil("it spoke", async () => (await world.logsOf(id)).endsWith("200000\n"));
  const began = performance.now();
  await world.remove(id);
  deaf.close();

  expect(performance.now() - began).toBeLessThan(3000);
});

test("full files are compressed, read as if they were not, and counted", async () => {
  const log: LogOptions = { driver: "local", options: { "max-size": "50k", "max-file": "4" } };
  const script =
    "i=0; while [ $i -lt 40 ]; do seq $((i*100+1)) $((i*100+100)); i=$((i+1)); done; read x";
  const id = await world.start(shell(script, log));
  const { logPath, hostnamePath } = await world.engine.containers.get(id);
  const namesNow = () => readdirSync(dirname(hostnamePath)).filter((name) => name.includes(".log"));
  await waitUntil("it is compressed", async () => {
    const names = namesNow().filter((name) => !name.endsWith(".log"));
    return names.length === 3 && names.every((name) => name.endsWith(".gz"));
  });
  await waitUntil("all is there", async () => (await world.logsOf(id)).endsWith("4000\n"));
  const shown = (await world.logsOf(id)).trimEnd().split("\n");
  const tail = await read(id, { tail: 1500 });
  await world.remove(id);

  expect(logPath).toBe("");
  expect(shown).toEqual(numbers(4001 - shown.length, 4000));
  expect(tail).toEqual(numbers(2501, 4000));
});

test("a log is emptied while it is written and followed, and after the end", async () => {
  const log: LogOptions = { driver: "json-file", options: {} };
  const id = await world.start(shell("echo 1; read x; echo 2; read x; echo 3", log));
  await waitUntil("it spoke", async () => (await world.logsOf(id)) === "1\n");
  const followed: string[] = [];
  const following = follow(id, followed);
  await waitUntil("it is followed", () => followed.length === 1);
  await world.engine.containers.clearLogs(id);
  const emptied = await world.logsOf(id);
  await type(id, "\n");
  await waitUntil("it went on", async () => (await world.logsOf(id)) === "2\n");
  await waitUntil("that was seen", () => followed.length === 2);
  await world.engine.containers.clearLogs(id);
  await type(id, "\n");
  await following;
  const last = await world.logsOf(id);
  await world.engine.containers.clearLogs(id);

  expect([emptied, last, await world.logsOf(id)]).toEqual(["", "3\n", ""]);
  expect(followed).toEqual(["1", "2", "3"]);
  await world.engine.containers.start(id);
  await type(id, "\n\n");
  await waitUntil("it ended", async () => (await world.logsOf(id)) === "1\n2\n3\n");
  await world.remove(id);
});

test("details are what the log's options choose", async () => {
  const options = { labels: "role", "env-regex": "^A", tag: "{{.Name}}" };
  const config = {
    ...shell("echo hi", { driver: "json-file", options }),
    labels: { role: "db", x: "y" },
  };
  const id = await world.start({ ...config, env: ["AB=1 2", "B=3"] }, "detailed");
  await waitUntil("it spoke", async () => (await world.logsOf(id)) !== "");

  expect(await read(id, { details: true })).toEqual(["AB=1+2,role=db,tag=detailed hi"]);
  await world.remove(id);
});

async function follow(id: string, into: string[]): Promise<void> {
  const query = { stdout: true, stderr: true, follow: true };
  const { output } = await world.engine.containers.logs(id, query, FOREVER);
  for await (const bytes of output) {
    into.push(...splitFrames(Buffer.from(bytes)).map(({ body }) => body.toString().trimEnd()));
  }
}

async function read(id: string, query: Partial<LogQuery>): Promise<string[]> {
  const all = { stdout: true, stderr: true, follow: false, ...query };
  const { output } = await world.engine.containers.logs(id, all, FOREVER);
  const bytes = Buffer.concat(await Array.fromAsync(output));
  return splitFrames(bytes).map(({ body }) => body.toString().trimEnd());
}

test("nothing of it is left", () => {
  expect(existsSync(world.dataRoot)).toBe(true);
  expect(readdirSync(`${world.dataRoot}/containers`)).toEqual([]);
});
