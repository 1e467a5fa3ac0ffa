import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { parseTime } from "../../src/base/time.ts";
import { parseLogIndex } from "../../src/engine/logs/log-stretches.ts";
import { LogWorld, numbersOf, readEntries, readLogText } from "../support/log-world.ts";
import { waitUntil } from "../support/wait-until.ts";

const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;

let world: LogWorld;

beforeAll(async () => {
  world = await LogWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("a line is an entry with its stream and its time", async () => {
  const before = Date.now();
  const entries = readEntries(await world.write("echo one; echo two >&2; echo; printf unfinished"));

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
  const path = await world.write("printf a; usleep 20000; printf b; usleep 20000; echo c");

  expect(readEntries(path).map(({ log }) => log)).toEqual(["abc\n"]);
});

test.each([
  [16_383, [16_384]],
  [16_384, [16_384, 1]],
  [40_000, [16_384, 16_384, 7_233]],
])("a line of %d characters is cut as Docker does", async (length, sizes) => {
  const path = await world.write(`head -c ${length} /dev/zero | tr '\\0' x; echo`);
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
  const path = await world.write("cat", {}, Buffer.from(bytes));
  const text = readEntries(path)
    .map(({ log }) => log)
    .join("");

  expect(text).toBe(
    `${String.fromCharCode(...ascii)}\n${hostile.map(([, shown]) => shown).join("")}\n`,
  );
});

test("what a terminal shows is all stdout, as it was sent", async () => {
  const entries = readEntries(await world.write("echo out; echo err >&2", { terminal: true }));

  expect(entries.map(({ log, stream }) => `${stream} ${log}`)).toEqual([
    "stdout out\r\n",
    "stdout err\r\n",
  ]);
});

test("files rotate at their size, whole lines only, and the oldest goes", async () => {
  const script = "i=0; while [ $i -lt 40 ]; do echo line $i; usleep 1000; i=$((i+1)); done";
  const path = await world.write(script, { maxBytes: 1000, maxFiles: 3 });
  const last = Math.max(...numbersOf(path));
  const files = [`${path}.${last - 1}`, `${path}.${last}`, path];
  const numbers = files.flatMap(readEntries).map(({ log }) => Number(log.slice(5)));

  expect(files.every((file) => readFileSync(file).byteLength <= 1000)).toBe(true);
  expect(numbersOf(path)).toEqual([last - 1, last]);
  expect(numbers).toEqual(numbers.map((_, index) => 40 - numbers.length + index));
  expect(numbers.length).toBeLessThan(40);
});

test("with one file it begins anew", async () => {
  const script = "i=0; while [ $i -lt 40 ]; do echo line $i; usleep 1000; i=$((i+1)); done";
  const path = await world.write(script, { maxBytes: 1000, maxFiles: 1 });

  expect(readFileSync(path).byteLength).toBeLessThanOrEqual(1000);
  expect(readEntries(path).at(-1)?.log).toBe("line 39\n");
  expect(existsSync(`${path}.1`)).toBe(false);
});

test("an entry can say something of its container", async () => {
  const attributes = { tag: 'a "b"', role: "db" };
  const [entry] = readEntries(await world.write("echo x", { attributes }));

  expect(entry).toMatchObject({ log: "x\n", stream: "stdout", attrs: attributes });
});

test("a large file has an index of its times, and each of its stretches is whole lines", async () => {
  const path = await world.write("yes 0123456789012345678901234567890123456789 | head -c 3000000");
  const bytes = readFileSync(path);
  const stretches = parseLogIndex(readFileSync(`${path}.index`));
  const ends = stretches.map(({ end }) => end);

  expect(stretches.map(({ begin }) => begin)).toEqual([0, ...ends.slice(0, -1)]);
  expect(ends.at(-1)).toBe(bytes.byteLength);
  expect(stretches.length).toBeGreaterThan(5);
  for (const { begin, end, earliestNs, latestNs } of stretches) {
    const times = bytes
      .toString("utf8", begin, end)
      .trimEnd()
      .split("\n")
      .map((line) => parseTime(JSON.parse(line).time));
    expect([times.at(0), times.at(-1)]).toEqual([earliestNs, latestNs]);
  }
});

test("a small file has no index", async () => {
  expect(existsSync(`${await world.write("echo x")}.index`)).toBe(false);
});

test("the monitor begins a new file when it is told to", async () => {
  const { path, end, rotate } = await world.begin("echo one; read x; echo two", {
    maxFiles: 3,
    number: 7,
  });
  await end(async (stdin) => {
    await waitUntil("it spoke", () => readLogText(path).includes("one"));
    await rotate();
    stdin.write("\n");
  });

  expect(readEntries(`${path}.7`).map(({ log }) => log)).toEqual(["one\n"]);
  expect(readEntries(path).map(({ log }) => log)).toEqual(["two\n"]);
});

test("a log that cannot be opened is an error that says so", async () => {
  await expect(world.write("true", { directory: "/no/where" })).rejects.toThrow("ENOENT");
  expect(world.listRemains()).toEqual([]);
});
