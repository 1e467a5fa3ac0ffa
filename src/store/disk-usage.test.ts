import { expect, test } from "bun:test";
import { linkSync, mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { MeasureThread } from "./measure-thread.ts";
import { Store } from "./store.ts";

test("a tree has the lengths of its files, and what du says, holes and second names apart", async () => {
  using directory = new TemporaryDirectory();
  using thread = new MeasureThread();
  const path = (name: string) => join(directory.path, name);
  mkdirSync(path("a/b"), { recursive: true });
  writeFileSync(path("a/b/file"), Buffer.alloc(100_000, 1));
  linkSync(path("a/b/file"), path("again"));
  writeFileSync(path("hole"), "");
  truncateSync(path("hole"), 1 << 30);

  const { fileBytes, diskBytes } = await thread.measure(directory.path);
  expect(fileBytes).toBe(100_000 + (1 << 30));
  const du = await Bun.$`du -s --block-size=1 ${directory.path}`.text();
  expect(diskBytes).toBe(Number.parseInt(du, 10));
});

test("what is not there takes nothing", async () => {
  using thread = new MeasureThread();
  expect(await thread.measure("/nonexistent/x")).toEqual({ fileBytes: 0, diskBytes: 0 });
});

test("many trees are measured at the same time as other work, and none is forgotten at the end", async () => {
  using directory = new TemporaryDirectory();
  const thread = new MeasureThread();
  for (let i = 0; i < 50; i++) writeFileSync(join(directory.path, String(i)), "12");
  const all = Array.from({ length: 100 }, () => thread.measure(directory.path));
  expect((await Promise.all(all)).every(({ fileBytes }) => fileBytes === 100)).toBe(true);
  const last = thread.measure(directory.path);
  thread[Symbol.dispose]();
  await expect(last).rejects.toThrow("the daemon is ending");
});

test("an empty data root comes to what du says", async () => {
  using directory = new TemporaryDirectory();
  using store = Store.open(directory.path);
  const usage = await store.diskUsage.measure();
  const sum = Object.values(usage).reduce((total, bytes) => total + bytes, 0);
  const du = Number.parseInt(await Bun.$`du -s --block-size=1 ${directory.path}`.text(), 10);
  // The root directory itself and its lock.
  expect(du - sum).toBeLessThanOrEqual(2 * 4096);
  expect(usage).toMatchObject({ recipes: 0, logs: 0, volumes: 0 });
});
