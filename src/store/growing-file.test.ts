import { expect, test } from "bun:test";
import { GrowingFile, type Growth } from "./growing-file.ts";

function watched() {
  const file = new GrowingFile("/nowhere");
  const seen: Growth[] = [];
  const watch = file.watch((growth) => seen.push(growth));
  return { file, seen, watch };
}

test("who watches hears at once how far it is, and then of each change", () => {
  const { file, seen, watch } = watched();
  file.grow(5);
  file.complete();
  watch[Symbol.dispose]();
  file.grow(9);
  expect(seen).toEqual([
    { sizeBytes: 0, isComplete: false },
    { sizeBytes: 5, isComplete: false },
    { sizeBytes: 5, isComplete: true },
  ]);
});

test("a failure is told with what is there, but not of a file that is whole", () => {
  const failed = watched();
  failed.file.grow(3);
  failed.file.fail("why");
  expect(failed.seen.at(-1)).toEqual({ sizeBytes: 3, isComplete: false, failure: "why" });
  const whole = watched();
  whole.file.complete();
  whole.file.fail("late");
  expect(whole.file.growth).toEqual({ sizeBytes: 0, isComplete: true });
});
