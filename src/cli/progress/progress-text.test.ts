import { describe, expect, test } from "bun:test";
import type { ProgressLine } from "../../client/wire.ts";
import { formatPlain, formatStep, isStep } from "./progress-text.ts";

const WIDE = 111;
const NARROW = 110;

describe("a step is shown as", () => {
  test.each<[ProgressLine, number, string]>([
    [{ id: "a", status: "Waiting", progressDetail: {} }, WIDE, "a: Waiting "],
    [
      { id: "a", status: "Downloading", progressDetail: { current: 0, total: 2000 } },
      WIDE,
      `a: Downloading [>${" ".repeat(50)}]       0B/2kB`,
    ],
    [
      { id: "a", status: "Downloading", progressDetail: { current: 1000, total: 2000 } },
      WIDE,
      `a: Downloading [${"=".repeat(25)}>${" ".repeat(25)}]      1kB/2kB`,
    ],
    [
      { id: "a", status: "Downloading", progressDetail: { current: 2000, total: 2000 } },
      WIDE,
      `a: Downloading [${"=".repeat(50)}>]      2kB/2kB`,
    ],
    [
      { id: "a", status: "Downloading", progressDetail: { current: 1000, total: 2000 } },
      NARROW,
      "a: Downloading      1kB/2kB",
    ],
    [
      { id: "a", status: "Downloading", progressDetail: { current: 3000, total: 2000 } },
      NARROW,
      "a: Downloading      3kB",
    ],
    [
      { id: "a", status: "Downloading", progressDetail: { current: 32768 } },
      WIDE,
      "a: Downloading  32.77kB",
    ],
    [
      { id: "a", status: "Extracting", progressDetail: { current: 3, units: "s" } },
      WIDE,
      "a: Extracting 3 s",
    ],
    [
      { id: "a", status: "Extracting", progressDetail: { current: 3, total: 8, units: "s" } },
      NARROW,
      "a: Extracting 3/8 s",
    ],
    [
      {
        id: "a",
        status: "Pushing",
        progressDetail: { current: 1, total: 2, hidecounts: true },
      },
      NARROW,
      "a: Pushing ",
    ],
    [{ id: "a", status: "Pulling", progress: "[=> ] 1/2" }, WIDE, "a: Pulling [=> ] 1/2"],
  ])("%j in %d columns", (line, columns, shown) => {
    expect(formatStep(line, columns)).toBe(shown);
  });
});

test.each<[ProgressLine, string]>([
  [{ id: "latest", status: "Pulling from library/a" }, "latest: Pulling from library/a\n"],
  [{ id: "a", status: "Waiting", progressDetail: {} }, "a: Waiting\n"],
  [{ id: "a", status: "Downloading", progressDetail: { current: 1, total: 2 } }, ""],
  [{ id: "a", status: "Downloading", progress: "[=> ]" }, ""],
  [{ status: "Digest: sha256:1" }, "Digest: sha256:1\n"],
  [{ stream: "Loaded image: a\n" }, "Loaded image: a\n"],
])("%j is told once where nothing can be drawn over", (line, told) => {
  expect(formatPlain(line)).toBe(told);
});

test("only what has an id and says how far it is replaces what was said before", () => {
  expect(isStep({ id: "a", progressDetail: {} })).toBe(true);
  expect(isStep({ id: "a", progress: "x" })).toBe(true);
  expect(isStep({ id: "a", status: "Pulling from b" })).toBe(false);
  expect(isStep({ status: "Loading", progressDetail: { current: 1 } })).toBe(false);
});
