import { expect, test } from "bun:test";
import { holdWhile } from "./held-stream.ts";

async function* bytes(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("a");
  yield Buffer.from("b");
}

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("a");
  throw new Error("broken");
}

function holding(stream: AsyncGenerator<Uint8Array>) {
  let releases = 0;
  const held = { [Symbol.dispose]: () => void releases++ };
  return { stream: holdWhile(stream, held), releases: () => releases };
}

test("what a stream stands on is let go of at its end, once", async () => {
  const { stream, releases } = holding(bytes());
  expect(await Array.fromAsync(stream)).toHaveLength(2);
  await stream.return?.();
  expect(releases()).toBe(1);
});

test("so it is where nobody begins to read, where one leaves, and where it fails", async () => {
  const unread = holding(bytes());
  await unread.stream.return?.();
  expect(unread.releases()).toBe(1);

  const left = holding(bytes());
  for await (const _ of left.stream) break;
  expect(left.releases()).toBe(1);

  const broken = holding(failing());
  await expect(Array.fromAsync(broken.stream)).rejects.toThrow("broken");
  expect(broken.releases()).toBe(1);
});
