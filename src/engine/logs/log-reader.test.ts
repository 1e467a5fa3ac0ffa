import { expect, test } from "bun:test";
import {
  appendFileSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTime } from "../../base/time.ts";
import type { LogQuery } from "../facade.ts";
import { compressLog } from "./log-compression.ts";
import { LogEncoder } from "./log-output.ts";
import { LogReader, type LogSource, readLog } from "./log-reader.ts";

/** A log directory of its own, written as the monitor does. */
class TestLog implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "sampan-log-"));
  readonly path = join(this.directory, "x-json.log");
  #time = 0n;
  #rotations = 0;

  write(text: string, stream = "stdout"): void {
    this.#time += 1n;
    this.raw(`${JSON.stringify({ log: `${text}\n`, stream, time: formatTime(this.#time) })}\n`);
  }

  raw(text: string): void {
    appendFileSync(this.path, text);
  }

  /** Keeps two full files. */
  rotate(): void {
    this.#rotations += 1;
    renameSync(this.path, `${this.path}.${this.#rotations}`);
    rmSync(`${this.path}.${this.#rotations - 2}`, { force: true });
    writeFileSync(this.path, "");
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

const ALL: LogQuery = { stdout: true, stderr: true, follow: false };
const forever = new AbortController().signal;

/** All that clients would see. */
async function read(log: LogSource, query: LogQuery, signal = forever): Promise<string[]> {
  const all: string[] = [];
  const encoder = new LogEncoder({ ...query, raw: true });
  for await (const lines of readLog(log, query, signal)) all.push(...textsOf(encoder, lines));
  return all;
}

function textsOf(encoder: LogEncoder, lines: Buffer): string[] {
  return Buffer.from(encoder.encode(lines)).toString().split("\n").slice(0, -1);
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

test("readLog() reads all files, oldest first", async () => {
  using log = new TestLog();
  for (const number of numbers(1, 9)) {
    log.write(number);
    if (Number(number) % 3 === 0) log.rotate();
  }
  log.write("10");

  // The file with 1 to 3 was rotated away.
  expect(await read(log, ALL)).toEqual(numbers(4, 10));
});

test("readLog() of a log that is not there is empty", async () => {
  using log = new TestLog();

  expect(await read(log, ALL)).toEqual([]);
  expect(await read(log, { ...ALL, tail: 5 })).toEqual([]);
  expect(await read({ path: "/nowhere/at/all" }, ALL)).toEqual([]);
});

test.each<[Partial<LogQuery>, string[]]>([
  [{}, numbers(1, 5000)],
  [{ tail: 0 }, []],
  [{ tail: 1 }, ["5000"]],
  [{ tail: 3000 }, numbers(2001, 5000)],
  [{ tail: 1_000_000 }, numbers(1, 5000)],
  [{ since: 4000n }, numbers(4000, 5000)],
  [{ since: 1n }, numbers(1, 5000)],
  [{ since: 9000n }, []],
  [{ until: 2n }, ["1", "2"]],
  [{ since: 2000n, until: 2002n }, ["2000", "2001", "2002"]],
  [{ tail: 10, since: 4999n }, ["4999", "5000"]],
  [{ stderr: false, tail: 2 }, ["4999", "5000"]],
  [{ stdout: false, tail: 2 }, ["2999", "3000"]],
])("readLog() with %p reads just those lines", async (query, expected) => {
  using log = new TestLog();
  for (const number of numbers(1, 5000)) {
    log.write(number, Number(number) <= 3000 ? "stderr" : "stdout");
    if (Number(number) % 2222 === 0) log.rotate();
  }

  expect(await read(log, { ...ALL, ...query })).toEqual(expected);
});

test.each([[{}], [{ tail: 3 }], [{ since: 1n }]])(
  "readLog() with %p skips what is torn or corrupt",
  async (query) => {
    using log = new TestLog();
    log.write("1");
    log.raw('{"log":"half\n');
    log.write("2");
    log.raw('\n\0\0\0\n[]\nnull\n{"log":1,"stream":"stdout","time":"x"}\n');
    log.raw('{"log":"x","stream":"stdin","time":"2026-01-01T00:00:00Z"}\n');
    log.write("3");
    log.raw('{"log":"torn');

    expect(await read(log, { ...ALL, ...query })).toEqual(["1", "2", "3"]);
  },
);

test("readLog() keeps characters and long lines whole across its own pieces", async () => {
  using log = new TestLog();
  const texts = numbers(1, 40).map((number) => `${"ä€😀".repeat(1700)}${number}`);
  for (const text of texts) log.write(text);

  expect(await read(log, ALL)).toEqual(texts);
  expect(await read(log, { ...ALL, tail: 15 })).toEqual(texts.slice(-15));
});

test("readLog() follows across rotations, and a line that is written in two halves", async () => {
  using log = new TestLog();
  const end = Promise.withResolvers<void>();
  log.write("1");
  const seen: string[] = [];
  const encoder = new LogEncoder({ ...ALL, raw: true });
  const source = { path: log.path, ended: end.promise };
  for await (const lines of readLog(source, { ...ALL, follow: true }, forever)) {
    seen.push(...textsOf(encoder, lines));
    writeMore(log, seen.length, () => end.resolve());
  }

  expect(seen).toEqual(["1", "2", "half", "3", "4", "5", "6", "last"]);
});

/** What the program does when so many lines have been read. */
function writeMore(log: TestLog, read: number, end: () => void): void {
  const half = JSON.stringify({ log: "half\n", stream: "stdout", time: formatTime(3n) });
  if (read === 1) {
    log.write("2");
    log.raw(half.slice(0, 20));
    setTimeout(() => log.raw(`${half.slice(20)}\n`), 5);
  }
  if (read === 3) {
    log.write("3");
    log.rotate();
    log.write("4");
    log.rotate();
    log.write("5");
  }
  if (read === 6) setTimeout(() => log.write("6"), 5);
  if (read === 7) {
    log.write("last");
    end();
  }
}

test("readLog() follows a log that is not there yet, with tail 0", async () => {
  using log = new TestLog();
  const end = Promise.withResolvers<void>();
  const query = { ...ALL, follow: true, tail: 0 };
  const reading = read({ path: log.path, ended: end.promise }, query);
  setTimeout(() => {
    log.write("1");
    end.resolve();
    // By then it has found that there is nothing yet.
  }, 200);

  expect(await reading).toEqual(["1"]);
});

test("readLog() stops following with its signal", async () => {
  using log = new TestLog();
  log.write("1");
  const stop = new AbortController();
  const never = new Promise(() => {});
  const query = { ...ALL, follow: true };
  const seen: string[] = [];
  const encoder = new LogEncoder({ ...query, raw: true });
  for await (const lines of readLog({ path: log.path, ended: never }, query, stop.signal)) {
    seen.push(...textsOf(encoder, lines));
    setTimeout(() => stop.abort(), 5);
  }

  expect(seen).toEqual(["1"]);
});

test("readLog() misses nothing of a fast writer that rotates all the time", async () => {
  using log = new TestLog();
  const end = Promise.withResolvers<void>();
  const source = { path: log.path, ended: end.promise };
  const seen: string[] = [];
  const reading = (async () => {
    const encoder = new LogEncoder({ ...ALL, raw: true });
    for await (const lines of readLog(source, { ...ALL, follow: true }, forever)) {
      seen.push(...textsOf(encoder, lines));
    }
  })();
  for (const number of numbers(1, 300)) {
    log.write(number);
    if (Number(number) % 25 !== 0) continue;
    log.rotate();
    // No more than a file ahead of the reader: the log keeps two.
    while (seen.length < Number(number) - 25) await new Promise(setImmediate);
  }
  end.resolve();
  await reading;

  expect(seen).toEqual(numbers(1, 300));
});

const GIGABYTE = 1024 ** 3;

test("a file that is compressed before the next one is there is not read again", async () => {
  using log = new TestLog();
  log.write("one");
  await using reader = await LogReader.open(log.path, ALL);
  const readOn = async () => {
    const encoder = new LogEncoder({ ...ALL, raw: true });
    const pieces = await Array.fromAsync(reader.readOn());
    return pieces.flatMap((lines) => textsOf(encoder, lines));
  };
  expect(await readOn()).toEqual(["one"]);
  log.write("two");
  renameSync(log.path, `${log.path}.1`);
  await compressLog(`${log.path}.1`);
  expect(await readOn()).toEqual(["two"]);
  expect(await readOn()).toEqual([]);
  log.write("three");
  expect(await readOn()).toEqual(["three"]);
});

test("readLog() asks a log of 5 GB for its last seconds in a moment, also where the clock has stepped", async () => {
  using log = new TestLog();
  const early = formatTime(5n);
  const head = `${JSON.stringify({ log: "early\n", stream: "stdout", time: early })}\n`;
  // A hole in the place of what has to be left out: it reads as one line without an end.
  log.raw(head);
  truncateSync(log.path, 5 * GIGABYTE);
  const size = statSync(log.path).size;
  for (const [text, timeNs] of [
    ["stepped", 900n],
    ["before", 700n],
    ["late", 1000n],
  ] as const) {
    log.raw(
      `${JSON.stringify({ log: `${text}\n`, stream: "stdout", time: formatTime(timeNs) })}\n`,
    );
  }
  const stretches = [0n, BigInt(head.length), 5n, 5n, BigInt(head.length), BigInt(size), 10n, 800n];
  writeFileSync(`${log.path}.index`, BigUint64Array.from(stretches));
  const began = performance.now();

  expect(await read(log, { ...ALL, since: 850n })).toEqual(["stepped", "late"]);
  expect(await read(log, { ...ALL, until: 6n })).toEqual(["early"]);
  expect(performance.now() - began).toBeLessThan(100);
});

test("readLog() goes on from the beginning of a file that was emptied", async () => {
  using log = new TestLog();
  const end = Promise.withResolvers<void>();
  log.write("1");
  log.write("2");
  const encoder = new LogEncoder({ ...ALL, raw: true });
  const seen: string[] = [];
  for await (const lines of readLog(
    { path: log.path, ended: end.promise },
    { ...ALL, follow: true },
    forever,
  )) {
    seen.push(...textsOf(encoder, lines));
    if (seen.length === 2) {
      truncateSync(log.path);
      log.write("3");
    }
    if (seen.length === 3) end.resolve();
  }

  expect(seen).toEqual(["1", "2", "3"]);
});
