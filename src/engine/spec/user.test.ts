import { expect, test } from "bun:test";
import { resolveUser } from "./user.ts";

const files = {
  passwd: [
    "root:x:0:0:root:/root:/bin/sh",
    "# a comment",
    "broken",
    "huge:x:99999999999:1::/huge:/bin/sh",
    "web:x:33:44:Web:/srv/web:/bin/sh",
    "nohome:x:50:51:::",
    "1234:x:60:61::/named-like-a-number:",
  ].join("\n"),
  group: ["root:x:0:", "www:x:44:", "wheel:x:10:root,web", "docker:x:20:web,", "bad:x:y:web"].join(
    "\n",
  ),
};

test.each([
  ["", { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" }],
  ["root", { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" }],
  ["0", { uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" }],
  ["web", { uid: 33, gid: 44, additionalGids: [44, 10, 20], home: "/srv/web" }],
  ["33", { uid: 33, gid: 44, additionalGids: [44, 10, 20], home: "/srv/web" }],
  ["web:wheel", { uid: 33, gid: 10, additionalGids: [10], home: "/srv/web" }],
  ["web:20", { uid: 33, gid: 20, additionalGids: [20], home: "/srv/web" }],
  ["web:4000", { uid: 33, gid: 4000, additionalGids: [4000], home: "/srv/web" }],
  [":wheel", { uid: 0, gid: 10, additionalGids: [10], home: "/root" }],
  ["1000", { uid: 1000, gid: 0, additionalGids: [0], home: "/" }],
  ["1000:1001", { uid: 1000, gid: 1001, additionalGids: [1001], home: "/" }],
  ["nohome", { uid: 50, gid: 51, additionalGids: [51], home: "/" }],
  // A number is always an id, also where somebody has it as a name.
  ["1234", { uid: 1234, gid: 0, additionalGids: [0], home: "/" }],
])("resolveUser(%p)", (spec, expected) => {
  expect(resolveUser(spec, files)).toEqual(expected);
});

test("resolveUser() adds groups by name and number, each once", () => {
  expect(resolveUser("web", files, ["docker", "77", "www"]).additionalGids).toEqual([
    44, 10, 20, 77,
  ]);
});

test("resolveUser() needs no files for numbers", () => {
  const nothing = { passwd: "", group: "" };

  expect(resolveUser("7:8", nothing)).toEqual({ uid: 7, gid: 8, additionalGids: [8], home: "/" });
  expect(resolveUser("", nothing)).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/" });
});

test.each([
  ["nobody", "unable to find user nobody: no matching entries in passwd file"],
  ["huge", "unable to find user huge: no matching entries in passwd file"],
  ["web:nogroup", "unable to find group nogroup: no matching entries in group file"],
  ["4294967295", "uids and gids must be in range 0-2147483647"],
  ["-1", "unable to find user -1: no matching entries in passwd file"],
])("resolveUser(%p) fails as in Docker", (spec, message) => {
  expect(() => resolveUser(spec, files)).toThrow(message);
});

test("resolveUser() refuses an extra group that is not there", () => {
  expect(() => resolveUser("web", files, ["none"])).toThrow("Unable to find group none");
});
