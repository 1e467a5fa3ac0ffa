import { expect, test } from "bun:test";
import { imageConfig } from "../../../test/support/container-config.ts";
import type { Healthcheck } from "../model.ts";
import { goDuration } from "./go-duration.ts";
import {
  checkHealthcheck,
  combineHealthcheck,
  type EffectiveHealthcheck,
  isChecked,
} from "./healthcheck.ts";
import { type Probe, parseProbe } from "./probe.ts";

const IMAGE = {
  Test: ["CMD-SHELL", "true"],
  Interval: 2e9,
  Timeout: 3e9,
  StartPeriod: 4e9,
  StartInterval: 5e9,
  Retries: 6,
};
const OF_IMAGE = {
  test: ["CMD-SHELL", "true"],
  intervalMs: 2000,
  timeoutMs: 3000,
  startPeriodMs: 4000,
  startIntervalMs: 5000,
  retries: 6,
};
const shell = ["/bin/sh", "-c"];

test.each<[unknown, Healthcheck | undefined, EffectiveHealthcheck | undefined]>([
  [undefined, undefined, undefined],
  [IMAGE, undefined, { ...OF_IMAGE, shell }],
  [
    IMAGE,
    { test: ["CMD", "x"], retries: 1 },
    { ...OF_IMAGE, test: ["CMD", "x"], retries: 1, shell },
  ],
  [IMAGE, { intervalMs: 1 }, { ...OF_IMAGE, intervalMs: 1, shell }],
  [IMAGE, { test: ["NONE"] }, { ...OF_IMAGE, test: ["NONE"], shell }],
  [undefined, { test: ["TCP", "80"] }, { test: ["TCP", "80"], shell }],
  ["nonsense", undefined, undefined],
  [{ Test: "true", Interval: "5s", Retries: -1 }, undefined, undefined],
  [{ Test: [], Interval: 0 }, undefined, undefined],
])("image %j and container %j come to %j", (image, healthcheck, combined) => {
  const asked = healthcheck === undefined ? {} : { healthcheck };
  expect(combineHealthcheck(asked, imageConfig({ healthcheck: image }))).toEqual(combined);
});

test("CMD-SHELL is run with the image's shell", () => {
  const image = imageConfig({ healthcheck: IMAGE, shell: ["/bin/ash", "-ec"] });
  expect(combineHealthcheck({}, image)?.shell).toEqual(["/bin/ash", "-ec"]);
});

test.each([
  [undefined, false],
  [{ shell, intervalMs: 5 }, false],
  [{ shell, test: ["NONE"] }, false],
  [{ shell, test: ["CMD", "x"] }, true],
])("%j is checked: %p", (check, is) => {
  expect(isChecked(check)).toBe(is);
});

const local = ["127.0.0.1", "::1"];

test.each<[string[], Probe | undefined]>([
  [[], undefined],
  [["NONE"], undefined],
  [["CMD", "a", "b"], { kind: "exec", command: ["a", "b"] }],
  [["CMD-SHELL", "a b"], { kind: "exec", command: ["/bin/sh", "-c", "a b"] }],
  [["TCP", "80"], { kind: "tcp", addresses: local, port: 80 }],
  [["TCP", ":80"], { kind: "tcp", addresses: local, port: 80 }],
  [["TCP", "localhost:80"], { kind: "tcp", addresses: local, port: 80 }],
  [["TCP", "10.0.0.1:80"], { kind: "tcp", addresses: ["10.0.0.1"], port: 80 }],
  [["TCP", "[::2]:80"], { kind: "tcp", addresses: ["::2"], port: 80 }],
  [
    ["HTTP", "http://localhost:81/health?x=1"],
    { kind: "http", addresses: local, port: 81, host: "localhost:81", path: "/health?x=1" },
  ],
  [
    ["HTTP", ":81/a"],
    { kind: "http", addresses: local, port: 81, host: "localhost:81", path: "/a" },
  ],
  [
    ["HTTP", "http://[::2]"],
    { kind: "http", addresses: ["::2"], port: 80, host: "[::2]", path: "/" },
  ],
])("%j is read as %j", (words, probe) => {
  expect(parseProbe(words, shell)).toEqual(probe);
});

test.each<[Healthcheck, string]>([
  [{ test: ["ODD"] }, 'want "NONE", "CMD", "CMD-SHELL", "TCP" or "HTTP", and not "ODD"'],
  [{ test: ["TCP"] }, 'want one word behind "TCP", and not 0'],
  [{ test: ["TCP", "1", "2"] }, 'want one word behind "TCP", and not 2'],
  [{ test: ["TCP", "0"] }, 'want "[host:]port", and not "0"'],
  [{ test: ["TCP", "65536"] }, "and not"],
  [{ test: ["TCP", "x"] }, "and not"],
  [{ test: ["TCP", "db:80"] }, 'want "localhost" or an address for a host, and not "db"'],
  [{ test: ["HTTP", "https://localhost"] }, "and not"],
  [{ test: ["HTTP", "http://u:p@localhost"] }, "and not"],
  [{ test: ["HTTP", "http://web/"] }, 'and not "web"'],
  [{ test: ["HTTP", "\r\nX: y"] }, "and not"],
  [{ intervalMs: 0.5 }, "Interval in Healthcheck cannot be less than 1ms"],
  [{ timeoutMs: -5 }, "Timeout in Healthcheck cannot be less than 1ms"],
  [{ startPeriodMs: 0.5 }, "StartPeriod in Healthcheck cannot be less than 1ms"],
  [{ startIntervalMs: 0.5 }, "StartInterval in Healthcheck cannot be less than 1ms"],
  [{ retries: -1 }, "Retries in Healthcheck cannot be negative"],
])("%j is refused", (check, message) => {
  expect(() => checkHealthcheck(check)).toThrow(message);
});

test("nothing of an address gets into another line of the request", () => {
  const probe = parseProbe(["HTTP", ":80/a\r\nX: y z"], shell);
  expect(probe).toMatchObject({ kind: "http" });
  expect(JSON.stringify(probe)).not.toMatch(/\\r|\\n| /);
});

test.each([
  [200, "200ms"],
  [1000, "1s"],
  [1500, "1.5s"],
  [90_000, "1m30s"],
  [3_600_000, "1h0m0s"],
])("Go writes %p ms as %p", (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
