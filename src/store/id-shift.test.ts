import { expect, test } from "bun:test";
import { SAME_IDS, toInnerId, toInnerXattr, toOuterId, toOuterXattr } from "./id-shift.ts";

const IDS = { hostId: 100_000, size: 65_536 };

test("ids go to the host's and come back; what is not the container's is nobody's", () => {
  expect([toOuterId(IDS, 0), toOuterId(IDS, 65_535)]).toEqual([100_000, 165_535]);
  expect([toInnerId(IDS, 100_000), toInnerId(IDS, 165_535)]).toEqual([0, 65_535]);
  expect([toInnerId(IDS, 0), toInnerId(IDS, 165_536)]).toEqual([65_534, 65_534]);
  expect(() => toOuterId(IDS, 65_536)).toThrow("not in the container's range of 65536 ids");
  expect([toOuterId(SAME_IDS, 5), toInnerId(SAME_IDS, 5)]).toEqual([5, 5]);
});

test("a program's capabilities get the container's root, and lose it again", () => {
  const plain = Buffer.from(`01000002${"ff".repeat(16)}`, "hex");
  const rooted = toOuterXattr(IDS, "security.capability", plain);
  expect(Buffer.from(rooted).toString("hex")).toBe(`01000003${"ff".repeat(16)}a0860100`);
  expect(Buffer.compare(toInnerXattr(IDS, "security.capability", rooted), plain)).toBe(0);
  expect(toOuterXattr(SAME_IDS, "security.capability", plain)).toBe(plain);
  const odd = Buffer.from("01");
  expect(toOuterXattr(IDS, "security.capability", odd)).toBe(odd);
});

test("an access list names the container's users", () => {
  const list = Buffer.from("02000000" + "02000700e8030000" + "04000500ffffffff", "hex");
  const outer = Buffer.from(toOuterXattr(IDS, "system.posix_acl_access", list));
  expect(outer.readUInt32LE(8)).toBe(101_000);
  expect(outer.readUInt32LE(16)).toBe(0xffff_ffff);
  expect(Buffer.compare(toInnerXattr(IDS, "system.posix_acl_access", outer), list)).toBe(0);
});
