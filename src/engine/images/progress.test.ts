import { expect, test } from "bun:test";
import { type ImageProgress, ProgressLines } from "./progress.ts";

function count(id: string, current: number, status = "Downloading"): ImageProgress {
  return { status, id, progress: { current, total: 100 } };
}

/** All lines of work that tells them in one go. */
async function linesOf(...told: readonly ImageProgress[]): Promise<readonly ImageProgress[]> {
  const lines = new ProgressLines();
  for (const line of told) lines.tell(line);
  return await Array.fromAsync(lines.read(Promise.resolve()));
}

test("lines that do not count come all, in their order", async () => {
  const told: readonly ImageProgress[] = [
    { status: "Pulling", id: "1" },
    { status: "Pulling", id: "1" },
    { aux: { Tag: "x" } },
    { status: "done" },
  ];
  expect(await linesOf(...told)).toEqual(told);
});

test("of lines that count on, who is slow gets the last, where the first stood", async () => {
  const between: ImageProgress = { status: "between", id: "b" };
  expect(
    await linesOf(count("a", 1), between, count("a", 2), count("b", 5), count("a", 3)),
  ).toEqual([count("a", 3), between, count("b", 5)]);
});

test("the end of a count is told however soon it comes", async () => {
  const lines = new ProgressLines();
  const work = Promise.withResolvers<void>();
  const reader = lines.read(work.promise);
  lines.tell(count("a", 1));
  expect((await reader.next()).value).toEqual(count("a", 1));
  // Too soon to be worth a line.
  lines.tell(count("a", 2));
  lines.tell(count("a", 100));
  expect((await reader.next()).value).toEqual(count("a", 100));
  work.resolve();
  expect((await reader.next()).done).toBe(true);
});

test("a failure of the work comes after the lines", async () => {
  const lines = new ProgressLines();
  lines.tell({ status: "before" });
  const reader = lines.read(Promise.reject(new Error("broken")));
  expect((await reader.next()).value).toEqual({ status: "before" });
  expect(await reader.next().catch((error) => error)).toEqual(new Error("broken"));
});
