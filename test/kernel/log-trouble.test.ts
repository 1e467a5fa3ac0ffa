import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseLogLines } from "../../src/engine/logs/log-line.ts";
import { parseLogIndex } from "../../src/engine/logs/log-stretches.ts";
import { LogWorld, readEntries, readLogText } from "../support/log-world.ts";
import { waitUntil } from "../support/wait-until.ts";

let world: LogWorld;

beforeAll(async () => {
  world = await LogWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

test("a full disk loses lines, and never the container", async () => {
  await world.withSmallDisk(async (directory) => {
    const path = await world.write("yes 0123456789 | head -c 200000; exit 4", { directory });
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);

    expect(readFileSync(path).byteLength).toBeGreaterThan(8000);
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(JSON.parse(line).log).toMatch(/^0123456789\n$/);
  });
});

test("when there is room again the log says what it lost", async () => {
  await world.withSmallDisk(async (directory) => {
    const ballast = join(directory, "ballast");
    writeFileSync(ballast, Buffer.alloc(8192));
    const { path, end } = await world.begin(
      "read a; yes 0123456789 | head -c 40007; read b; echo after",
      {
        directory,
      },
    );
    await end(async (stdin) => {
      stdin.write("\n");
      // It is when nothing has come for a while, though the program has more to say.
      let [size, since] = [0, performance.now()];
      await waitUntil("the disk is full", () => {
        const now = statSync(path).size;
        if (now !== size) [size, since] = [now, performance.now()];
        return size > 4000 && performance.now() - since > 500;
      });
      rmSync(ballast);
      stdin.write("\n");
    });
    const entries = parseLogLines(readFileSync(path)).map(({ line }) => ({
      log: Buffer.from(line).toString(),
    }));
    const told = entries.findIndex(({ log }) => log.startsWith("sampan: "));
    const lost = /^sampan: (\d+) entries were lost here/.exec(entries[told]?.log ?? "")?.[1];

    expect(entries.slice(told + 1).at(-1)?.log).toBe("after\n");
    expect(Number(lost) + entries.length - 2).toBe(40_007 / 11);
  });
});

test("a log that somebody empties or removes goes on", async () => {
  const { path, end } = await world.begin("for i in 1 2 3; do echo $i; read x; done");
  await end(async (stdin) => {
    await waitUntil("1", () => readLogText(path).includes("1\\n"));
    truncateSync(path);
    stdin.write("\n");
    await waitUntil("2", () => readLogText(path).includes("2\\n"));
    rmSync(path);
    stdin.write("\n");
    await waitUntil("3", () => readLogText(path).includes("3\\n"));
    stdin.write("\n");
  });

  expect(readEntries(path).map(({ log }) => log)).toEqual(["3\n"]);
});

test("what an earlier monitor left torn, or was cut off since, spoils nothing that comes after", async () => {
  const path = join(world.directory, "earlier");
  const stretch = [0n, 5000n, 1n, 2n];
  writeFileSync(path, '{"log":"torn');
  writeFileSync(`${path}.index`, BigUint64Array.from(stretch));
  await world.write("echo after", { path });

  expect(readFileSync(path, "utf8")).toStartWith('{"log":"torn\n{"log":"after\\n"');
  expect(parseLogIndex(readFileSync(`${path}.index`))).toEqual([]);
});

test("a log directory that is removed ends the log, and not the container", async () => {
  const directory = join(world.directory, "gone");
  mkdirSync(directory);
  const { end } = await world.begin("read x; echo one; read x; echo two; exit 3", { directory });
  const exitCode = await end(async (stdin) => {
    rmSync(directory, { recursive: true });
    stdin.write("\n\n");
  });

  expect(exitCode).toBe(3);
});

test("a monitor that is killed leaves a log that can be read", async () => {
  const { path, end, kill } = await world.begin("echo one; printf half; read x");
  await waitUntil("it spoke", () => readLogText(path).includes("one"));
  await end(async () => kill());

  expect(readEntries(path).map(({ log }) => log)).toEqual(["one\n"]);
});
