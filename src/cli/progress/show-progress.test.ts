import { expect, test } from "bun:test";
import { recordedIo } from "../../../test/support/recorded-io.ts";
import { Screen } from "../../../test/support/screen.ts";
import { waitUntil } from "../../../test/support/wait-until.ts";
import type { ProgressLine } from "../../client/wire.ts";
import type { WindowSize } from "../io.ts";
import { showProgress } from "./show-progress.ts";

function step(id: string, status: string, current?: number): ProgressLine {
  return { id, status, progressDetail: current === undefined ? {} : { current, total: 1000 } };
}

async function* streamOf(...lines: readonly ProgressLine[]): AsyncGenerator<ProgressLine> {
  yield* lines;
}

/** Surroundings on a terminal, whose size a test may change as it goes. */
function onTerminal(size: { -readonly [K in keyof WindowSize]: WindowSize[K] }, env = {}) {
  const terminal = {
    isTerminal: async () => true,
    size: async () => size,
    makeRaw: async () => ({ [Symbol.dispose]: () => undefined }),
    hideInput: async () => ({ [Symbol.dispose]: () => undefined }),
  };
  return recordedIo({ terminal, env: { TERM: "xterm", ...env } });
}

/** A terminal driver sets the cursor back at each newline. */
function cooked(text: string): string {
  return text.replaceAll("\n", "\r\n");
}

test("each thing has a line of its own, which shows its last state", async () => {
  const io = onTerminal({ rows: 24, columns: 80 });
  const lines = streamOf(
    { id: "latest", status: "Pulling from a" },
    step("one", "Waiting"),
    step("two", "Downloading", 10),
    step("one", "Done"),
    step("two", "Downloading", 900),
    { status: "Digest: x" },
    step("one", "Again"),
  );
  await showProgress(lines, io);
  expect(Screen.show(cooked(io.out()))).toEqual([
    "latest: Pulling from a",
    "one: Done",
    "two: Downloading     900B/1kB",
    "Digest: x",
    "one: Again",
    "",
  ]);
});

test("a flood of lines is drawn a few times, a silence after it once more", async () => {
  const io = onTerminal({ rows: 24, columns: 80 });
  const { promise: end, resolve: finish } = Promise.withResolvers<void>();
  async function* flood(): AsyncGenerator<ProgressLine> {
    for (let n = 1; n <= 1000; n++) yield step("one", "Downloading", n);
    await end;
  }
  const done = showProgress(flood(), io);
  await waitUntil("the last line is drawn", () => io.out().includes("1kB/1kB"));
  finish();
  await done;
  expect(io.out().split("Downloading").length).toBeLessThan(100);
});

test("lines that scrolled out of reach are left alone, the others stay right", async () => {
  const io = onTerminal({ rows: 4, columns: 80 });
  const ids = ["a", "b", "c", "d", "e", "f"];
  async function* lines(): AsyncGenerator<ProgressLine> {
    for (const id of ids) yield step(id, "Waiting");
    await waitUntil("all are drawn", () => io.out().includes("f: Waiting"));
    for (const id of ids) yield step(id, "Done");
  }
  await showProgress(lines(), io);
  expect(Screen.show(cooked(io.out()), 80, 4)).toEqual([
    "a: Waiting",
    "b: Waiting",
    "c: Waiting",
    "d: Done",
    "e: Done",
    "f: Done",
    "",
  ]);
});

test("lines that a narrower window breaks are drawn anew below", async () => {
  const size = { rows: 24, columns: 120 };
  const io = onTerminal(size);
  async function* lines(): AsyncGenerator<ProgressLine> {
    yield step("a", "Downloading", 500);
    await waitUntil("it is drawn", () => io.out().includes("===="));
    size.columns = 30;
    yield step("a", "Downloading", 600);
  }
  await showProgress(lines(), io);
  expect(Screen.show(cooked(io.out()), 120).slice(1)).toEqual(["a: Downloading     600B/1kB", ""]);
});

test("no line is longer than the window is wide", async () => {
  const io = onTerminal({ rows: 24, columns: 12 });
  await showProgress(streamOf(step("layer", "Verifying Checksum")), io);
  expect(io.out()).toBe("layer: Verif\n");
});

test("a dumb terminal and a pipe get each state once, and no bars", async () => {
  const lines = () =>
    streamOf(step("a", "Waiting"), step("a", "Downloading", 5), step("a", "Done"));
  const dumb = onTerminal({ rows: 24, columns: 80 }, { TERM: "dumb" });
  await showProgress(lines(), dumb);
  const piped = recordedIo();
  await showProgress(lines(), piped, { to: "stderr" });
  expect([dumb.out(), piped.err()]).toEqual(["a: Waiting\na: Done\n", "a: Waiting\na: Done\n"]);
});

test.each<[ProgressLine]>([
  [{ error: "no space", errorDetail: { message: "no space" } }],
  [{ errorDetail: { message: "no space" } }],
  [{ error: "no space" }],
])("%j is the command's error, and leaves the cursor below the lines", async (line) => {
  const io = onTerminal({ rows: 24, columns: 80 });
  const shown = showProgress(streamOf(step("a", "Waiting"), step("a", "Late"), line), io);
  await expect(shown).rejects.toThrow("no space");
  const screen = new Screen();
  screen.write(cooked(io.out()));
  expect([screen.lines, screen.cursor]).toEqual([
    ["a: Late", ""],
    [1, 0],
  ]);
});

test("quiet tells nothing but what is wrong; aux is for the caller", async () => {
  const io = recordedIo();
  const aux: unknown[] = [];
  const onAux = (value: unknown) => aux.push(value);
  await showProgress(streamOf(step("a", "x"), { aux: { Size: 1 } }), io, { quiet: true, onAux });
  expect([io.out(), aux]).toEqual(["", [{ Size: 1 }]]);
  await expect(showProgress(streamOf({ error: "bad" }), io, { quiet: true })).rejects.toThrow(
    "bad",
  );
});
