import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  CAPABILITIES,
  decodeCapabilities,
  encodeCapabilities,
  heldCapabilities,
  isCapability,
  parseCapabilities,
} from "./capability.ts";

test("the list ends where the kernel's does", () => {
  const last = Number(readFileSync("/proc/sys/kernel/cap_last_cap", "utf8"));

  expect(CAPABILITIES).toHaveLength(41);
  expect(CAPABILITIES.length - 1).toBe(last);
});

test.each([
  ["CAP_CHOWN", 0],
  ["CAP_SYS_ADMIN", 21],
  ["CAP_MKNOD", 27],
  ["CAP_SETFCAP", 31],
  ["CAP_MAC_OVERRIDE", 32],
  ["CAP_CHECKPOINT_RESTORE", 40],
] as const)("%s is bit %i", (name, bit) => {
  expect(encodeCapabilities([name])).toBe(1n << BigInt(bit));
});

test("decodeCapabilities() undoes encodeCapabilities() for each and for all", () => {
  for (const name of CAPABILITIES)
    expect(decodeCapabilities(encodeCapabilities([name]))).toEqual([name]);
  expect(decodeCapabilities(encodeCapabilities(CAPABILITIES))).toEqual(CAPABILITIES);
  expect(encodeCapabilities([])).toBe(0n);
});

test("decodeCapabilities() leaves out bits that have no name yet", () => {
  expect(decodeCapabilities((1n << 63n) | 1n)).toEqual(["CAP_CHOWN"]);
});

test.each(["CHOWN", "cap_chown", "CAP_", "CAP_NEW", ""])("isCapability(%j) is false", (name) => {
  expect(isCapability(name)).toBe(false);
});

test("parseCapabilities() reads the kernel's masks", () => {
  const status =
    "Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000003\nCapEff:\t0000000000000001\nCapBnd:\t000001fffeffffff\n";
  const { permitted, effective, bounding } = parseCapabilities(status);

  expect(permitted).toEqual(["CAP_CHOWN", "CAP_DAC_OVERRIDE"]);
  expect(effective).toEqual(["CAP_CHOWN"]);
  expect(bounding).toEqual(CAPABILITIES.filter((name) => name !== "CAP_SYS_RESOURCE"));
});

test("heldCapabilities() says what this process may do", () => {
  const { permitted, bounding } = heldCapabilities();

  expect(permitted.includes("CAP_SYS_ADMIN")).toBe(process.getuid?.() === 0);
  expect(bounding).toEqual(expect.arrayContaining([...permitted]));
});
