import { expect, test } from "bun:test";
import { findNode, splitDeviceNumber } from "./host-devices.ts";

test.each([
  [0x0103, { major: 1, minor: 3 }],
  [0x10_0a_e5, { major: 10, minor: 0x1e5 }],
  [0x1000_0000_0001, { major: 0x1000, minor: 1 }],
])("splitDeviceNumber(%p) is %p", (rdev, expected) => {
  expect(splitDeviceNumber(rdev)).toEqual(expected);
});

test("findNode() says what the host has there, or that it has no device", () => {
  expect(findNode("/dev/zero")).toEqual({ type: "c", major: 1, minor: 5, fileMode: 0o666 });
  expect(() => findNode("/dev/none")).toThrow(
    'custom device "/dev/none": no such file or directory',
  );
  expect(() => findNode("/etc")).toThrow('custom device "/etc": not a device node');
});
