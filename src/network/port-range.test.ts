import { expect, test } from "bun:test";
import { portsFrom, readLocalPortRange } from "./port-range.ts";

test.each([
  [undefined, [7, 8, 9]],
  [8, [8, 9, 7]],
  [9, [9, 7, 8]],
  [10, [7, 8, 9]],
  [3, [7, 8, 9]],
])("portsFrom() begins at %p and takes each port once", (start, ports) => {
  expect([...portsFrom({ first: 7, last: 9 }, start)]).toEqual(ports);
});

test("readLocalPortRange() says what the kernel gives to clients", () => {
  const { first, last } = readLocalPortRange();

  expect(first).toBeGreaterThan(0);
  expect(last).toBeGreaterThan(first);
});
