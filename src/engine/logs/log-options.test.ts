import { expect, test } from "bun:test";
import type { LogOptions } from "../model.ts";
import { planLog } from "./log-options.ts";

type Options = Record<string, string>;

const json = (options: Options): LogOptions => ({ driver: "json-file", options });
const of = (driver: LogOptions["driver"], options: Options = {}): LogOptions => ({
  driver,
  options,
});

test.each<[Options, number, number]>([
  [{}, 20 * 1024 * 1024, 5],
  [{ "max-size": "10m", "max-file": "3" }, 10 * 1024 * 1024, 3],
  [{ "max-size": "1.5KB" }, 1536, 5],
  [{ "max-size": "1g" }, 1024 ** 3, 5],
  [{ "max-size": "4096" }, 4096, 5],
  [{ "max-size": "-1" }, 0, 5],
])("the options %p mean %d bytes in %d files", (options, maxBytes, maxFiles) => {
  expect(planLog(json(options))).toEqual({
    files: { maxBytes, maxFiles },
    compress: false,
    isReadable: true,
  });
});

test("nothing is written with the driver none", () => {
  expect(planLog(of("none"))).toEqual({ compress: false, isReadable: false });
});

test.each<[LogOptions, object]>([
  [of("local"), { compress: true, files: { maxBytes: 20 * 1024 * 1024, maxFiles: 5 } }],
  [of("local", { compress: "false" }), { compress: false }],
  [json({ compress: "true", "max-size": "1m" }), { compress: true }],
  [of("syslog", { "cache-disabled": "true" }), { isReadable: false }],
  [
    of("syslog", { "cache-max-size": "1m", "cache-max-file": "1" }),
    {
      files: { maxBytes: 1024 * 1024, maxFiles: 2 },
    },
  ],
  [of("syslog", { mode: "non-blocking" }), { maxBehindBytes: 1024 * 1024 }],
  [
    of("syslog", { mode: "non-blocking", "max-buffer-size": "4m" }),
    {
      maxBehindBytes: 4 * 1024 * 1024,
    },
  ],
])("%p comes to %p", (options, expected) => {
  expect(planLog(options)).toMatchObject(expected);
});

test.each<[LogOptions, string]>([
  [json({ "max-size": "x" }), "invalid max-size: invalid size: 'x'"],
  [json({ "max-size": "0" }), "invalid max-size: max-size must be a positive number"],
  [json({ "max-file": "0" }), "invalid max-file: max-file cannot be less than 1"],
  [json({ "max-file": "x" }), 'invalid max-file: strconv.Atoi: parsing "x": invalid syntax'],
  [json({ colour: "red" }), "unknown log opt 'colour' for json-file log driver"],
  [json({ "syslog-address": "x" }), "unknown log opt 'syslog-address' for json-file log driver"],
  [of("local", { x: "1" }), "unknown log opt 'x' for log driver local"],
  [of("gelf", { x: "1" }), 'unknown log opt "x" for gelf log driver'],
  [json({ compress: "true", "max-file": "1" }), "compress cannot be true when max-file is less"],
  [json({ compress: "perhaps" }), "invalid value for option compress: perhaps"],
  [json({ mode: "fast" }), "logger: logging mode not supported: fast"],
  [json({ "max-buffer-size": "1m" }), "max-buffer-size option is only supported with 'mode="],
  [json({ mode: "non-blocking", "max-buffer-size": "x" }), "parsing option max-buffer-size"],
  [json({ "env-regex": "(" }), "error parsing regexp"],
  [of("syslog", { "syslog-facility": "x" }), "invalid syslog facility"],
  [of("syslog", { "syslog-format": "x" }), "Invalid syslog format"],
  [of("syslog", { "syslog-address": "x" }), "should be in form proto://address, got x"],
  [of("syslog", { "syslog-address": "unix:///no" }), "stat /no: no such file or directory"],
  [of("gelf"), "gelf-address is a required parameter"],
  [of("gelf", { "gelf-address": "udp://h" }), "please provide it as udp://host:port"],
  [of("gelf", { "gelf-address": "tcp://h:1", "gelf-compression-type": "gzip" }), "for UDP"],
  [of("fluentd", { "fluentd-async": "x" }), 'strconv.ParseBool: parsing "x": invalid syntax'],
  [of("fluentd", { "fluentd-retry-wait": "x" }), 'time: invalid duration "x"'],
])("%p is refused", (options, message) => {
  expect(() => planLog(options)).toThrow(message);
});
