import { expect, test } from "bun:test";
import type { LogOptions } from "../model.ts";
import { planLog } from "./log-options.ts";

const json = (options: Record<string, string>): LogOptions => ({ driver: "json-file", options });

test.each([
  [{}, 20 * 1024 * 1024, 5],
  [{ "max-size": "10m", "max-file": "3" }, 10 * 1024 * 1024, 3],
  [{ "max-size": "1.5KB" }, 1536, 5],
  [{ "max-size": "1g" }, 1024 ** 3, 5],
  [{ "max-size": "4096" }, 4096, 5],
  [{ "max-size": "-1" }, 0, 5],
])("the options %p mean %d bytes in %d files", (options, maxBytes, maxFiles) => {
  expect(planLog(json(options), "/log")).toEqual({ path: "/log", maxBytes, maxFiles });
});

test("nothing is written with the driver none", () => {
  expect(planLog({ driver: "none", options: {} }, "/log")).toBeUndefined();
});

test.each<[LogOptions, string]>([
  [json({ "max-size": "x" }), 'invalid value for max-size: "x"'],
  [json({ "max-size": "0" }), 'invalid value for max-size: "0"'],
  [json({ "max-file": "0" }), 'invalid value for max-file: "0"'],
  [json({ colour: "red" }), "unknown log opt 'colour' for json-file log driver"],
  [json({ compress: "true" }), '"compress" is not supported yet'],
  [{ driver: "none", options: { "max-size": "1m" } }, "unknown log opt 'max-size' for none"],
])("%p is refused", (options, message) => {
  expect(() => planLog(options, "/log")).toThrow(message);
});
