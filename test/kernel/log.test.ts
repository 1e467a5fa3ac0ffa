import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../support/run-program.ts";
import { RuntimeWorld } from "../support/runtime-world.ts";

interface Entry {
  readonly log: string;
  readonly stream: string;
  readonly time: string;
}

interface LogOptions {
  readonly maxBytes?: number;
  readonly maxFiles?: number;
  readonly directory?: string;
  readonly terminal?: boolean;
}

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

let world: RuntimeWorld;
let made = 0;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("a line is an entry with its stream and its time", async () => {
  const before = Date.now();
  const entries = readEntries(await write("echo one; echo two >&2; echo; printf unfinished"));

  expect(entries.filter(({ stream }) => stream === "stdout").map(({ log }) => log)).toEqual([
    "one\n",
    "\n",
    "unfinished",
  ]);
  expect(entries.filter(({ stream }) => stream === "stderr").map(({ log }) => log)).toEqual([
    "two\n",
  ]);
  for (const { time } of entries) {
    expect(time).toMatch(STAMP);
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
  }
});

test("a line that is written in parts is one entry", async () => {
  const path = await write("printf a; usleep 20000; printf b; usleep 20000; echo c");

  expect(readEntries(path).map(({ log }) => log)).toEqual(["abc\n"]);
});

test.each([
  [16_383, [16_384]],
  [16_384, [16_384, 1]],
  [40_000, [16_384, 16_384, 7_233]],
])("a line of %d characters is cut as Docker does", async (length, sizes) => {
  const path = await write(`head -c ${length} /dev/zero | tr '\\0' x; echo`);
  const entries = readEntries(path);

  expect(entries.map(({ log }) => log.length)).toEqual(sizes);
  expect(entries.map(({ log }) => log.endsWith("\n"))).toEqual(
    sizes.map((_, index) => index === sizes.length - 1),
  );
});

test("each byte is told as JSON can: text as it is, and what is none as U+FFFD", async () => {
  const ascii = Array.from({ length: 128 }, (_, code) => code).filter((code) => code !== 10);
  const hostile = [
    [[0xc3, 0xa9], "é"],
    [[0xf0, 0x9f, 0x90, 0xb3], "🐳"],
    [[0xff], "\ufffd"],
    [[0xc0, 0x80], "\ufffd\ufffd"],
    [[0xed, 0xa0, 0x80], "\ufffd\ufffd\ufffd"],
    [[0xf4, 0x90, 0x80, 0x80], "\ufffd\ufffd\ufffd\ufffd"],
    [[0xe2, 0x82, 0x0a], "\ufffd\ufffd\n"],
  ] as const;
  const bytes = [...ascii, 10, ...hostile.flatMap(([sequence]) => sequence), 10];
  const path = await write("cat", {}, Buffer.from(bytes));
  const text = readEntries(path)
    .map(({ log }) => log)
    .join("");

  expect(text).toBe(
    `${String.fromCharCode(...ascii)}\n${hostile.map(([, shown]) => shown).join("")}\n`,
  );
});

test("what a terminal shows is all stdout, as it was sent", async () => {
  const entries = readEntries(await write("echo out; echo err >&2", { terminal: true }));

  expect(entries.map(({ log, stream }) => `${stream} ${log}`)).toEqual([
    "stdout out\r\n",
    "stdout err\r\n",
  ]);
});

test("files rotate at their size, whole lines only, and the oldest goes", async () => {
  const script = "i=0; while [ $i -lt 40 ]; do echo line $i; usleep 1000; i=$((i+1)); done";
  const path = await write(script, { maxBytes: 1000, maxFiles: 3 });
  const files = [`${path}.2`, `${path}.1`, path];
  const numbers = files.flatMap(readEntries).map(({ log }) => Number(log.slice(5)));

  expect(files.every((file) => readFileSync(file).byteLength <= 1000)).toBe(true);
  expect(existsSync(`${path}.3`)).toBe(false);
  expect(numbers).toEqual(numbers.map((_, index) => 40 - numbers.length + index));
  expect(numbers.length).toBeLessThan(40);
});

test("with one file it begins anew", async () => {
  const script = "i=0; while [ $i -lt 40 ]; do echo line $i; usleep 1000; i=$((i+1)); done";
  const path = await write(script, { maxBytes: 1000, maxFiles: 1 });

  expect(readFileSync(path).byteLength).toBeLessThanOrEqual(1000);
  expect(readEntries(path).at(-1)?.log).toBe("line 39\n");
  expect(existsSync(`${path}.1`)).toBe(false);
});

test("a full disk loses lines, and never the container", async () => {
  const directory = join(world.dataRoot, "small");
  mkdirSync(directory);
  await mustRun(["mount", "-t", "tmpfs", "-o", "size=16k", "small", directory]);
  try {
    const path = await write("yes 0123456789 | head -c 200000; exit 4", { directory });
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);

    expect(readFileSync(path).byteLength).toBeGreaterThan(8000);
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(JSON.parse(line).log).toMatch(/^0123456789\n$/);
  } finally {
    await mustRun(["umount", directory]);
  }
});

test("a log that cannot be opened is an error that says so", async () => {
  await expect(write("true", { directory: "/no/where" })).rejects.toThrow("ENOENT");
  expect(world.listRemains()).toEqual([]);
});

/** Runs a script with a log and returns the log's path. */
async function write(script: string, options: LogOptions = {}, input?: Buffer): Promise<string> {
  const { maxBytes = 0, maxFiles = 1, directory = world.dataRoot, terminal = false } = options;
  made += 1;
  const path = join(directory, `log-${made}`);
  await world.run({
    args: ["sh", "-c", script],
    ...(input === undefined ? {} : { input }),
    process: { terminal },
    stdio: {
      stdin: input !== undefined,
      log: { path, maxBytes, maxFiles },
      ...(terminal ? { terminal: { rows: 24, columns: 80 } } : {}),
    },
  });
  return path;
}

function readEntries(path: string): readonly Entry[] {
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line): Entry => JSON.parse(line));
}
