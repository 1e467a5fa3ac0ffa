import { expect, test } from "bun:test";
import type { LogOptions } from "../model.ts";
import { withDefaultLog } from "./default-log.ts";

const DEFAULT: LogOptions = {
  driver: "local",
  options: { "max-size": "1m", "max-file": "3", "cache-max-size": "2m" },
};

test.each<[string, LogOptions, LogOptions]>([
  ["nothing", { driver: "default", options: {} }, DEFAULT],
  [
    "an option",
    { driver: "default", options: { "max-file": "9" } },
    { driver: "local", options: { ...DEFAULT.options, "max-file": "9" } },
  ],
  ["the same driver", { driver: "local", options: {} }, DEFAULT],
  [
    "another driver",
    { driver: "syslog", options: { tag: "x" } },
    { driver: "syslog", options: { tag: "x", "cache-max-size": "2m" } },
  ],
  ["no log", { driver: "none", options: { "max-size": "1m" } }, { driver: "none", options: {} }],
])("a container that asks for %s logs with %s: %s", (_what, asked, expected) => {
  expect(withDefaultLog(asked, DEFAULT)).toEqual(expected);
});

test("a daemon that logs nothing gives a container's own driver nothing", () => {
  const none: LogOptions = { driver: "none", options: {} };
  expect(withDefaultLog({ driver: "default", options: { tag: "x" } }, none)).toEqual(none);
  expect(withDefaultLog({ driver: "local", options: {} }, none)).toEqual({
    driver: "local",
    options: {},
  });
});
