import { expect, test } from "bun:test";
import { readdirSync, readlinkSync, readSync, writeSync } from "node:fs";
import { setAside } from "./set-aside.ts";
import { socketPair } from "./socket.ts";

test("a socket that is set aside keeps what comes, and its number reads nothing", () => {
  const [near, far] = socketPair();
  using _near = near;
  using _far = far;
  const bytes = Buffer.alloc(8);
  const name = () => readlinkSync(`/proc/self/fd/${near.number}`);
  const before = { name: name(), files: readdirSync("/proc/self/fd").length };

  {
    using _aside = setAside(near.number);
    writeSync(far.number, "kept");
    expect(name()).not.toBe(before.name);
    expect(() => readSync(near.number, bytes)).toThrow("EAGAIN");
  }

  expect({ name: name(), files: readdirSync("/proc/self/fd").length }).toEqual(before);
  expect(bytes.toString("utf8", 0, readSync(near.number, bytes))).toBe("kept");
});

test("what is no descriptor cannot be set aside", () => {
  expect(() => setAside(-1)).toThrow("EBADF");
});
