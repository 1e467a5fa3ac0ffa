import { expect, test } from "bun:test";
import { Semaphore } from "./semaphore.ts";

const NEVER = new AbortController().signal;

/** A semaphore, and who has had a turn so far. */
function world(limit: number) {
  const semaphore = new Semaphore(limit);
  const inside: string[] = [];
  const ask = async (name: string, signal = NEVER) => {
    const turn = await semaphore.enter(signal);
    inside.push(name);
    return turn;
  };
  return { inside, ask };
}

test("only so many are inside at once, and the others come in their order", async () => {
  const { inside, ask } = world(2);
  const turns = ["a", "b", "c", "d"].map((name) => ask(name));
  const first = await turns[0];
  await turns[1];
  expect(inside).toEqual(["a", "b"]);
  first?.[Symbol.dispose]();
  // A second time it gives nobody a turn.
  first?.[Symbol.dispose]();
  (await turns[2])?.[Symbol.dispose]();
  await turns[3];
  expect(inside).toEqual(["a", "b", "c", "d"]);
});

test("who gives up leaves the line, and takes nobody's turn", async () => {
  const { inside, ask } = world(1);
  const first = await ask("first");
  const leaving = new AbortController();
  const gone = ask("gone", leaving.signal).catch((error) => error);
  const last = ask("last");
  leaving.abort(new Error("enough"));
  expect(await gone).toEqual(new Error("enough"));
  first[Symbol.dispose]();
  await last;
  expect(inside).toEqual(["first", "last"]);
});

test("who gives up while the turn is already on its way passes it on", async () => {
  const { inside, ask } = world(1);
  const first = await ask("first");
  const leaving = new AbortController();
  const second = ask("second", leaving.signal);
  const third = ask("third");
  first[Symbol.dispose]();
  leaving.abort();
  (await second)[Symbol.dispose]();
  await third;
  expect(inside).toEqual(["first", "second", "third"]);
});

test("who has given up before gets no turn", async () => {
  const semaphore = new Semaphore(1);
  const gone = await semaphore.enter(AbortSignal.abort(new Error("before"))).catch((e) => e);
  expect(gone).toEqual(new Error("before"));
  expect(await semaphore.enter(NEVER)).toBeDefined();
});
