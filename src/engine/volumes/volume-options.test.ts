import { describe, expect, test } from "bun:test";
import {
  boundDirectoryOf,
  checkVolumeOptions,
  deviceOf,
  sizeLimitOf,
  type VolumeOptions,
} from "./volume-options.ts";

describe("checkVolumeOptions()", () => {
  test.each<[VolumeOptions]>([
    [{}],
    [{ size: "10g" }],
    [{ type: "tmpfs", device: "tmpfs" }],
    [{ type: "none", device: "/a", o: "bind" }],
    [{ type: "cifs", device: "//host/share", o: "addr=h,port=445" }],
  ])("takes %p", (options) => {
    expect(() => checkVolumeOptions(options)).not.toThrow();
  });

  test.each<[VolumeOptions, string]>([
    [{ mode: "x" }, 'invalid option: "mode"'],
    [{ type: "tmpfs" }, 'missing required option: "device"'],
    [{ device: "/a" }, 'missing required option: "type"'],
    [{ o: "bind" }, 'missing required option: "device"'],
    [{ size: "much" }, "invalid size: 'much'"],
    [{ type: "cifs", device: "smb://host:99/share" }, "port not allowed in CIFS device URL"],
  ])("refuses %p", (options, message) => {
    expect(() => checkVolumeOptions(options)).toThrow(message);
  });
});

test("a volume has a device where its options name one", () => {
  expect(deviceOf({})).toBeUndefined();
  expect(deviceOf({ size: "1m" })).toBeUndefined();
  const bind = { type: "none", device: "/a", options: "ro,bind" };
  expect(deviceOf({ type: "none", device: "/a", o: "ro,bind" })).toEqual(bind);
  expect(boundDirectoryOf(bind)).toBe("/a");
  expect(boundDirectoryOf({ ...bind, options: "binding" })).toBeUndefined();
  expect([sizeLimitOf({ size: "1k" }), sizeLimitOf({})]).toEqual([1024, 0]);
});
