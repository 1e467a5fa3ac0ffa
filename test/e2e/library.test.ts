// The client library where streams are long, readers stop early, and daemons say no.

import { afterAll, beforeAll, expect } from "bun:test";
import { Readable } from "node:stream";
import { ApiError, Sampan } from "../../src/library/sampan.ts";
import { TestDaemon } from "../support/daemon.ts";
import { TestRegistry } from "../support/registry.ts";
import { testAsRoot as test } from "../support/test-if.ts";

let daemon: TestDaemon;
let sampan: Sampan;

beforeAll(async () => {
  if (process.getuid?.() !== 0) return;
  daemon = await TestDaemon.startWithBusybox();
  sampan = new Sampan({ host: daemon.host });
});
afterAll(async () => {
  sampan?.close();
  await daemon?.[Symbol.asyncDispose]();
});

const SLEEP = ["sleep", "1000"];

test("megabytes go in and come out whole, in pieces", async () => {
  await using container = await sampan.start("busybox", SLEEP);
  const piece = new Uint8Array(64 * 1024).map((_, index) => index % 251);
  async function* pieces() {
    for (let count = 0; count < 128; count += 1) yield piece;
  }
  using cat = await container.spawn(["cat"]);
  const fed = cat.feed(pieces());
  const parts: Uint8Array[] = [];
  for await (const { bytes } of cat.output()) parts.push(bytes);
  await fed;
  expect(Buffer.concat(parts).equals(Buffer.concat(Array(128).fill(piece)))).toBe(true);
  expect(await cat.exitCode()).toBe(0);
});

test("a reader that stops early leaves a program that writes without end", async () => {
  await using container = await sampan.start("busybox", SLEEP);
  using yes = await container.spawn(["yes"]);
  for await (const { text } of yes.output()) {
    expect(text).toStartWith("y\n");
    break;
  }
  await container.kill();
  expect(await container.wait()).toBe(137);
});

test("a character that is cut in two comes whole", async () => {
  const line = "printf '\\303'; sleep 0.1; printf '\\244'; printf x >&2";
  const result = await sampan.run("busybox", ["sh", "-c", line]);
  expect(result).toEqual({ exitCode: 0, stdout: "ä", stderr: "x" });
});

test("a terminal has a size, and all that it shows is stdout", async () => {
  await using container = await sampan.start("busybox", SLEEP);
  using shell = await container.spawn(["sh"], { tty: true, size: { rows: 7, columns: 42 } });
  await shell.write("stty size\n");
  let shown = "";
  let resized = false;
  for await (const { stream, text } of shell.output()) {
    expect(stream).toBe("stdout");
    shown += text;
    if (resized || !shown.includes("7 42\r\n")) continue;
    resized = true;
    await shell.resize({ rows: 8, columns: 43 });
    await shell.write("stty size; exit 5\n");
  }
  expect(shown).toContain("8 43\r\n");
  expect(await shell.exitCode()).toBe(5);
});

test("an abort ends events and logs that nobody adds to", async () => {
  await using container = await sampan.start("busybox", SLEEP);
  for (const open of [
    (signal: AbortSignal) => sampan.events({ signal }),
    (signal: AbortSignal) => container.logs({ follow: true, signal }),
  ]) {
    const stream: AsyncIterable<unknown> = open(AbortSignal.timeout(100));
    const reading = Array.fromAsync(stream);
    expect(await reading.catch((error: Error) => error.name)).toBe("TimeoutError");
  }
});

test("a container that cannot be started does not stay, and says why", async () => {
  const failure = sampan.start("busybox", ["/no/such"], { name: "broken" });
  const error = await failure.catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ApiError);
  expect(await sampan.containers({ all: true, filters: { name: ["broken"] } })).toEqual([]);
  await expect(sampan.run("busybox", ["/no/such"])).rejects.toThrow("/no/such");
});

test("one that removes itself still tells how it ended, and may be removed twice", async () => {
  const container = await sampan.create("busybox", ["sh", "-c", "exit 6"], { autoRemove: true });
  const process = await container.attach();
  await container.start();
  expect((await process.finish()).exitCode).toBe(6);
  await Promise.all([container.remove(), container.remove()]);

  await using other = await sampan.start("busybox", SLEEP);
  await Promise.all([other.remove(), other.remove(), other.remove()]);
});

test("a program that does not read its input does not hold its end back", async () => {
  const stdin = new Uint8Array(1 << 20);
  expect((await sampan.run("busybox", ["true"], { stdin })).exitCode).toBe(0);
});

test("names and contents of files are any bytes, and links are followed", async () => {
  await using container = await sampan.create("busybox");
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 256);
  await container.files.write("/tmp/ä ö", bytes, { mode: 0o4755, uid: 7, gid: 8 });
  expect(await container.files.read("/tmp/ä ö")).toEqual(bytes);
  expect(await container.files.readText("/tmp/ä ö").then(({ length }) => length)).toBeGreaterThan(
    1,
  );
  await expect(container.files.read("/tmp")).rejects.toThrow("is not a file");
  await expect(container.files.read("/none")).rejects.toMatchObject({ status: 404 });
  await container.files.write("/tmp/empty", "");
  expect(await container.files.read("/tmp/empty")).toEqual(new Uint8Array());

  await using running = await sampan.start("busybox", SLEEP);
  await running.exec(["sh", "-c", "echo x > /a; ln -s /a /b; ln -s b /c"]);
  expect(await running.files.readText("/c")).toBe("x\n");
});

test("an archive that breaks on its way is told, and no connection hangs", async () => {
  await using container = await sampan.create("busybox");
  const broken: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no more")) }),
  };
  await expect(container.files.unpack("/", broken)).rejects.toThrow("no more");
  await expect(container.files.unpack("/none", broken)).rejects.toThrow();
});

test("images are saved, loaded and pulled, and a pull that fails says why", async () => {
  await using registry = await TestRegistry.start();
  const name = `${registry.host}/library/busy:1`;
  for (const args of [
    ["tag", "busybox", name],
    ["push", "--quiet", name],
  ]) {
    expect((await daemon.sampan(args)).status).toBe(0);
  }
  const saved = await Array.fromAsync(sampan.images.save(name));
  await sampan.images.remove(name);
  await sampan.images.load(Readable.from(saved));
  await sampan.images.remove(name);
  await sampan.images.pull(name);
  expect(await sampan.run(name, ["echo", "pulled"])).toMatchObject({ stdout: "pulled\n" });
  await sampan.images.remove(name);
  await expect(sampan.images.pull(`${registry.host}/library/none`)).rejects.toThrow(
    /not found|unknown/,
  );
  await expect(sampan.images.import(Readable.from([]), { name: "BAD" })).rejects.toThrow();
});

test("many at once share a daemon", async () => {
  const runs = Array.from({ length: 8 }, (_, index) => sampan.run("busybox", ["echo", `${index}`]));
  const outputs = (await Promise.all(runs)).map(({ stdout }) => stdout.trim());
  expect(outputs).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
});

test("a daemon that went away is told, and one that came back is used", async () => {
  await daemon.stop();
  await expect(sampan.containers()).rejects.toThrow("Cannot connect");
  await daemon.startAgain();
  expect(await sampan.containers()).toEqual([]);
});
