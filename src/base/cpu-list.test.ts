import { expect, test } from "bun:test";
import { parseCpuList } from "./cpu-list.ts";

test.each([
  ["0", [0]],
  ["0-3", [0, 1, 2, 3]],
  ["0-1,4,6-7", [0, 1, 4, 6, 7]],
])("the list %s", (text, numbers) => {
  expect(parseCpuList(text)).toEqual(numbers);
});
