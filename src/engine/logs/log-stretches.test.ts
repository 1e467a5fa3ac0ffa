import { expect, test } from "bun:test";
import { parseLogIndex, planSkips, readLogIndex, type Stretch } from "./log-stretches.ts";

const stretch = (begin: number, earliestNs: bigint, latestNs: bigint): Stretch => ({
  begin,
  end: begin + 10,
  earliestNs,
  latestNs,
});

const STEADY = [stretch(0, 1n, 5n), stretch(10, 5n, 9n), stretch(20, 10n, 15n)];
/** The clock went back after the first, and a part in the middle is not in the index. */
const STEPPED = [stretch(0, 50n, 59n), stretch(10, 20n, 29n), stretch(40, 30n, 55n)];

test.each([
  [STEADY, {}, []],
  [STEADY, { since: 5n }, []],
  [STEADY, { since: 6n }, [[0, 10]]],
  [STEADY, { since: 10n }, [[0, 20]]],
  [STEADY, { since: 99n }, [[0, 30]]],
  [STEADY, { until: 9n }, [[20, 30]]],
  [
    STEADY,
    { since: 6n, until: 9n },
    [
      [0, 10],
      [20, 30],
    ],
  ],
  [STEPPED, { since: 40n }, [[10, 20]]],
  [
    STEPPED,
    { until: 25n },
    [
      [0, 10],
      [40, 50],
    ],
  ],
  [
    STEPPED,
    { since: 60n },
    [
      [0, 20],
      [40, 50],
    ],
  ],
])("of %p with %p these parts are left out: %p", (stretches, query, expected) => {
  expect(planSkips(stretches, query).map(({ from, to }) => [from, to])).toEqual(expected);
});

test.each<[string, readonly bigint[], number]>([
  ["whole", [0n, 10n, 1n, 2n, 10n, 20n, 3n, 4n], 2],
  ["cut off", [0n, 10n, 1n, 2n, 10n, 20n], 1],
  ["out of order", [10n, 20n, 1n, 2n, 0n, 10n, 3n, 4n], 0],
  ["empty", [], 0],
])("an index that is %s", (_, fields, count) => {
  const bytes = new Uint8Array(BigUint64Array.from(fields).buffer);

  expect(parseLogIndex(bytes)).toHaveLength(count);
});

test("an index that is not there is empty", () => {
  expect(readLogIndex("/nowhere/x.index")).toBeEmpty();
});
