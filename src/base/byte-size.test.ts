import { expect, test } from "bun:test";
import { parseBytes } from "./byte-size.ts";

test.each([
  ["0", 0],
  ["64", 64],
  ["64b", 64],
  ["1k", 1024],
  ["1K", 1024],
  ["2m", 2 * 1024 ** 2],
  ["1.5gib", 1.5 * 1024 ** 3],
  ["1 g", 1024 ** 3],
  ["3tb", 3 * 1024 ** 4],
])("parseBytes() reads %s", (written, bytes) => {
  expect(parseBytes(written)).toBe(bytes);
});

test.each([
  ["x", "invalid size: 'x'"],
  ["", "invalid size: ''"],
  ["-5", "invalid size: '-5'"],
  ["1x", "invalid suffix: 'x'"],
  ["1kbb", "invalid suffix: 'kbb'"],
  ["1bb", "invalid suffix: 'bb'"],
  ["1.2.3k", "invalid syntax"],
])("parseBytes() refuses %p", (written, message) => {
  expect(() => parseBytes(written)).toThrow(message);
});
