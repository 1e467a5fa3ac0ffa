import { expect, test } from "bun:test";
import { chooseEncoding } from "./compressed.ts";

test.each<[string, ReturnType<typeof chooseEncoding>]>([
  ["", undefined],
  ["identity", undefined],
  ["gzip", "gzip"],
  ["deflate", "deflate"],
  ["br, deflate, gzip", "gzip"],
  ["gzip;q=0.2, deflate;q=0.5", "deflate"],
  ["gzip;q=0", undefined],
  ["*", "gzip"],
  ["identity, gzip;q=0.5", undefined],
  ["GZIP ; Q=1", "gzip"],
])("of %j it chooses %p", (accepted, expected) => {
  expect(chooseEncoding(accepted)).toBe(expected);
});
