import { expect, test } from "bun:test";
import { randomFrom } from "../../../test/support/random.ts";
import { frameMessage, MessageStream } from "./message-stream.ts";

test("messages come out whole, however the stream is cut", () => {
  const random = randomFrom(7766);
  const messages = Array.from({ length: 200 }, (_, index) =>
    Buffer.alloc(random.pick([0, 1, 2, 30, 600, 0xffff]), index),
  );
  const all = Buffer.concat(messages.map(frameMessage));
  const stream = new MessageStream();
  const found: Buffer[] = [];

  for (let at = 0; at < all.length; ) {
    const end = at + random.pick([1, 2, 3, 100, 70_000]);
    found.push(...stream.push(all.subarray(at, end)));
    at = end;
  }

  expect(found).toEqual(messages);
});

test("a message over 64 KiB has no frame", () => {
  expect(() => frameMessage(Buffer.alloc(0x10000))).toThrow("over 64 KiB");
});
