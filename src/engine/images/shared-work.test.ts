import { expect, test } from "bun:test";
import { SharedWork, type WorkContext } from "./shared-work.ts";

/** Work that a test ends by hand, and what became of it. */
function world() {
  const shared = new SharedWork<string, string, number>();
  const runs: (WorkContext<number> & PromiseWithResolvers<string>)[] = [];
  const disposed: string[] = [];
  const join = (key = "key") =>
    shared.join(
      key,
      (context) => {
        const run = { ...Promise.withResolvers<string>(), ...context };
        runs.push(run);
        return run.promise;
      },
      (result) => void disposed.push(result),
    );
  return { shared, runs, disposed, join };
}

test("those who join have one piece of work, and its result until the last one leaves", async () => {
  const { shared, runs, disposed, join } = world();
  const [first, second] = [join(), join()];
  expect([runs.length, shared.has("key")]).toEqual([1, true]);
  runs[0]?.resolve("result");
  expect(await Promise.all([first.done, second.done])).toEqual(["result", "result"]);
  await first[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  expect(disposed).toEqual([]);
  const third = join();
  await second[Symbol.asyncDispose]();
  expect(disposed).toEqual([]);
  await third[Symbol.asyncDispose]();
  expect([runs.length, disposed, shared.has("key")]).toEqual([1, ["result"], false]);
});

test("work of other keys is other work", async () => {
  const { runs, join } = world();
  const members = [join("a"), join("b")];
  expect(runs.length).toBe(2);
  for (const run of runs) run.resolve("x");
  for (const member of members) await member[Symbol.asyncDispose]();
});

test("when the last one leaves, the work is told, and leaving waits until it has ended", async () => {
  const { runs, disposed, join } = world();
  const [first, second] = [join(), join()];
  await first[Symbol.asyncDispose]();
  expect(runs[0]?.signal.aborted).toBe(false);
  let hasLeft = false;
  const leaving = second[Symbol.asyncDispose]().then(() => {
    hasLeft = true;
  });
  expect(runs[0]?.signal.aborted).toBe(true);
  await Promise.resolve();
  expect(hasLeft).toBe(false);
  runs[0]?.resolve("late");
  await leaving;
  expect(disposed).toEqual(["late"]);
});

test("who comes while work is being given up begins anew, when that has ended", async () => {
  const { runs, disposed, join } = world();
  const leaving = join()[Symbol.asyncDispose]();
  const next = join();
  expect(runs.length).toBe(1);
  runs[0]?.reject(new Error("given up"));
  await leaving;
  expect(runs.length).toBe(2);
  runs[1]?.resolve("second");
  expect(await next.done).toBe("second");
  await next[Symbol.asyncDispose]();
  expect(disposed).toEqual(["second"]);
});

test("a failure is told to all who wait, and not to who comes next", async () => {
  const { shared, runs, disposed, join } = world();
  const [first, second] = [join(), join()];
  runs[0]?.reject(new Error("broken"));
  for (const { done } of [first, second]) {
    expect(await done.catch((error) => error.message)).toBe("broken");
  }
  expect(shared.has("key")).toBe(false);
  const third = join();
  expect(runs.length).toBe(2);
  for (const member of [first, second]) await member[Symbol.asyncDispose]();
  expect(runs[1]?.signal.aborted).toBe(false);
  runs[1]?.resolve("good");
  await third[Symbol.asyncDispose]();
  expect(disposed).toEqual(["good"]);
});

test("news go to those who watch; who begins to hears the last at once", async () => {
  const { runs, join } = world();
  const member = join();
  const heard: string[] = [];
  const first = member.watch((news) => heard.push(`first ${news}`));
  runs[0]?.tell(1);
  member.watch((news) => heard.push(`second ${news}`));
  first[Symbol.dispose]();
  runs[0]?.tell(2);
  expect(heard).toEqual(["first 1", "second 1", "second 2"]);
  runs[0]?.resolve("");
  await member[Symbol.asyncDispose]();
});
