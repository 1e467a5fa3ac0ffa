import { expect, test } from "bun:test";
import { MOUNT_ATTR, PROPAGATION } from "../linux/mount.ts";
import { type ParsedMountOptions, parseMountOptions } from "./mount-options.ts";

const NOTHING: ParsedMountOptions = {
  attributes: 0,
  recursiveAttributes: 0,
  bind: "none",
  propagation: 0,
  propagationRecursive: false,
  data: [],
};

const CASES: readonly [readonly string[], Partial<ParsedMountOptions>][] = [
  [[], {}],
  [["ro"], { attributes: MOUNT_ATTR.RDONLY }],
  [
    ["nosuid", "nodev", "noexec"],
    { attributes: MOUNT_ATTR.NOSUID | MOUNT_ATTR.NODEV | MOUNT_ATTR.NOEXEC },
  ],
  [["noatime"], { attributes: MOUNT_ATTR.NOATIME }],
  [["strictatime"], { attributes: MOUNT_ATTR.STRICTATIME }],
  [["nodiratime"], { attributes: MOUNT_ATTR.NODIRATIME }],
  [["nosymfollow"], { attributes: MOUNT_ATTR.NOSYMFOLLOW }],
  [["ro", "rw"], {}],
  [["rw", "ro"], { attributes: MOUNT_ATTR.RDONLY }],
  [["nosuid", "suid"], {}],
  [["noexec", "nodev", "exec"], { attributes: MOUNT_ATTR.NODEV }],
  [["nosymfollow", "symfollow"], {}],
  [["defaults", "async", "loud", "relatime", "atime", "norelatime", "nostrictatime"], {}],
  [["bind"], { bind: "bind" }],
  [["rbind"], { bind: "rbind" }],
  [["bind", "rbind"], { bind: "rbind" }],
  [["rro"], { recursiveAttributes: MOUNT_ATTR.RDONLY }],
  [["rnosuid", "rnoexec"], { recursiveAttributes: MOUNT_ATTR.NOSUID | MOUNT_ATTR.NOEXEC }],
  [["rro", "rrw"], {}],
  [["private"], { propagation: PROPAGATION.private }],
  [["rprivate"], { propagation: PROPAGATION.private, propagationRecursive: true }],
  [["shared"], { propagation: PROPAGATION.shared }],
  [["rslave"], { propagation: PROPAGATION.slave, propagationRecursive: true }],
  [["runbindable"], { propagation: PROPAGATION.unbindable, propagationRecursive: true }],
  [["rshared", "private"], { propagation: PROPAGATION.private }],
  [["size=64k", "mode=1777", "newinstance"], { data: ["size=64k", "mode=1777", "newinstance"] }],
  // What JavaScript's objects have of themselves is no option.
  [["constructor", "rtoString"], { data: ["constructor", "rtoString"] }],
];

test.each(CASES)("parseMountOptions(%p) is %p", (options, expected) => {
  expect(parseMountOptions(options)).toEqual({ ...NOTHING, ...expected });
});

test.each(["remount", "mand", "nomand"])("parseMountOptions() refuses %s", (option) => {
  expect(() => parseMountOptions([option])).toThrow(
    `Cannot mount with option "${option}": it is not supported`,
  );
});
