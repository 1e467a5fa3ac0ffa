import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Duplex } from "node:stream";
import { collect, splitFrames } from "../support/program-output.ts";
import { RuntimeWorld } from "../support/runtime-world.ts";
import { waitUntil } from "../support/wait-until.ts";

const ALL = { stdin: true, stdout: true, stderr: true };

const CONTROL_C = "\u0003";

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("stdout and stderr come apart, each whole and in its order", async () => {
  const script = "for i in 1 2 3; do echo out $i; echo err $i >&2; done";
  const { stdout, stderr } = await world.run({ args: ["sh", "-c", script] });

  expect(stdout).toBe("out 1\nout 2\nout 3\n");
  expect(stderr).toBe("err 1\nerr 2\nerr 3\n");
});

test("not a byte of much output is lost, up to the last one before the end", async () => {
  const size = 4 * 1024 * 1024;
  const script = `head -c ${size} /dev/zero | tr '\\0' x; printf end`;
  const { stdout } = await world.run({ args: ["sh", "-c", script] });

  expect(stdout.length).toBe(size + 3);
  expect(stdout.endsWith("xend")).toBe(true);
});

test("every byte comes through unchanged, in both directions", async () => {
  const input = Buffer.from(Array.from({ length: 256 * 1024 }, (_, index) => (index * 7) & 255));
  const { bytes } = await world.run({ args: ["cat"], input });
  const output = Buffer.concat(splitFrames(bytes).map(({ body }) => body));

  expect(output.equals(input)).toBe(true);
});

test("without stdin a program reads the container's /dev/null", async () => {
  expect(await world.shell("readlink /proc/self/fd/0; cat")).toBe("/dev/null");
});

test("the end of input closes stdin, and output goes on after it", async () => {
  const { stdout, exitCode } = await world.run({
    args: ["sh", "-c", "sort; echo then; exit 3"],
    input: "b\na\n",
  });

  expect([stdout, exitCode]).toEqual(["a\nb\nthen\n", 3]);
});

test("stdin stays open when one of its clients goes, unless it is to close with the first", async () => {
  const container = await world.start({
    args: ["sh", "-c", "read one; echo $one; read two; echo $two"],
    stdio: { stdin: true, stdinOnce: false },
  });
  await send(await container.running.attach(ALL), "first\n");
  await send(await container.running.attach(ALL), "second\n");
  const { stdout } = await world.end(container);

  expect(stdout).toBe("first\nsecond\n");
});

test("each client gets all that is written while it is there, of the streams that it asks for", async () => {
  const container = await world.start({
    args: ["sh", "-c", "read go; echo out; echo err >&2"],
    stdio: { stdin: true, stdinOnce: true },
  });
  const onlyErr = await container.running.attach({ stdin: false, stdout: false, stderr: true });
  const errors = collect(onlyErr, { raw: false });
  const both = await container.running.attach(ALL);
  both.write("go\n");
  const seen = await collect(both, { raw: false });
  const { stdout, stderr } = await world.end(container);

  expect(await errors).toMatchObject({ stdout: "", stderr: "err\n" });
  expect(seen).toMatchObject({ stdout: "out\n", stderr: "err\n" });
  expect({ stdout, stderr }).toEqual({ stdout: "out\n", stderr: "err\n" });
});

test("a client that vanishes takes nothing with it", async () => {
  const container = await world.start({
    args: ["sh", "-c", "read go; head -c 1000000 /dev/zero"],
    stdio: { stdin: true, stdinOnce: false },
  });
  const vanishing = await container.running.attach(ALL);
  const writer = await container.running.attach({ stdin: true, stdout: false, stderr: false });
  vanishing.destroy();
  writer.end("go\n");
  const { stdout, exitCode } = await world.end(container);

  expect([stdout.length, exitCode]).toEqual([1_000_000, 0]);
});

test("a client that does not read holds the program up, and not its end for ever", async () => {
  const container = await world.start({
    args: ["sh", "-c", "read go; head -c 4000000 /dev/zero; echo done >&2"],
    stdio: { stdin: true, stdinOnce: false },
  });
  const deaf = await container.running.attach(ALL);
  deaf.pause();
  deaf.write("go\n");
  container.running.kill(9);
  const { exitCode } = await container.running.exited;
  deaf.destroy();
  await world.end(container);

  expect(exitCode).toBe(137);
});

test("a terminal is the container's own, has the size asked for, and can be resized", async () => {
  const script = "tty; stty size; trap 'stty size; exit 5' WINCH; echo ready; sleep 100 & wait";
  const { container } = await onTerminal("ready", ["sh", "-c", script]);
  await container.running.resize({ rows: 20, columns: 60 });
  const { stdout, exitCode } = await world.end(container);

  expect(stdout.replaceAll("\r\n", "\n")).toBe("/dev/pts/0\n33 99\nready\n20 60\n");
  expect(exitCode).toBe(5);
});

test("a terminal belongs to its user, is /dev/console too, and knows the keys", async () => {
  const script = "stat -c '%u %t:%T' $(tty) /dev/console; echo ready; exec sleep 100";
  const { container, typist } = await onTerminal("ready", ["sh", "-c", script]);
  typist.write(CONTROL_C);
  const { stdout, exitCode } = await world.end(container);

  expect(stdout.replaceAll("\r", "")).toBe("65534 88:0\n65534 88:0\nready\n^C");
  expect(exitCode).toBe(130);
});

/** Starts a program of a user's on a terminal, with somebody at it, and waits until it shows a text. */
async function onTerminal(text: string, args: readonly string[]) {
  let shown = "";
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const container = await world.start({
    args,
    process: { terminal: true, user: { uid: 65_534, gid: 65_534 } },
    stdio: { terminal: { rows: 33, columns: 99 }, stdin: true },
    // A key's signal does nothing to PID 1.
    init: true,
    hooks: {
      beforeExec: async (running) => {
        const stream = await running.attach(ALL);
        stream.on("data", (bytes: Buffer) => {
          shown += bytes.toString();
        });
        stream.resume();
        resolve(stream);
      },
    },
  });
  await waitUntil(`it shows ${text}`, () => shown.includes(text));
  return { container, typist: await promise };
}

async function send(stream: Duplex, text: string): Promise<void> {
  stream.resume();
  stream.end(text);
  // The other end reads before it notices that this one is gone.
  await new Promise((resolve) => stream.once("finish", resolve));
  stream.destroy();
}
