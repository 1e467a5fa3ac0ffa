import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { changeTimeAt, listAt, makeLinkAt, makeNodeAt, renameAt } from "./at.ts";
import { OPEN, openBeneath, openDirectory, RESOLVE } from "./beneath.ts";
import { FILE_TYPE, findStatAt, isType, statAt } from "./statx.ts";
import { findXattrAt, listXattrsAt, setXattrAt } from "./xattr.ts";

const ground = new TemporaryDirectory();
const root = join(ground.path, "root");
mkdirSync(join(root, "d"), { recursive: true });
writeFileSync(join(ground.path, "secret"), "out");
writeFileSync(join(root, "secret"), "in");
symlinkSync("/secret", join(root, "absolute"));
symlinkSync("../../secret", join(root, "d/climbing"));
const fd = openDirectory(root);
afterAll(() => {
  closeSync(fd);
  ground[Symbol.dispose]();
});

function read(path: string, resolve: number): string {
  const file = openBeneath(fd, path, { flags: OPEN.RDONLY, resolve });
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

describe("openBeneath()", () => {
  test.each(["secret", "/secret", "absolute", "d/climbing", "../secret", "d/../../../secret"])(
    "takes the directory for the root of %p",
    (path) => {
      expect(read(path, RESOLVE.IN_ROOT)).toBe("in");
    },
  );

  test.each(["/secret", "absolute", "d/climbing", "../secret"])(
    "refuses %p where nothing may lead out",
    (path) => {
      expect(() => read(path, RESOLVE.BENEATH)).toThrow(
        expect.objectContaining({ code: "EXDEV", call: "openat2", subject: path }),
      );
    },
  );

  test("refuses any link where none may be", () => {
    expect(() => read("absolute", RESOLVE.BENEATH | RESOLVE.NO_SYMLINKS)).toThrow(/ELOOP/);
  });

  test("leaves no descriptor to programs that are run", () => {
    const flags = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").match(/flags:\s+(\d+)/)?.[1];
    expect(Number.parseInt(flags ?? "0", 8) & OPEN.CLOEXEC).toBe(OPEN.CLOEXEC);
  });
});

test("names that are not UTF-8 are made, listed and moved as they are", () => {
  makeLinkAt({ dirFd: fd, name: "secret" }, { dirFd: fd, name: "\xff\x01" });
  expect(listRoot()).toContain("\xff\x01");
  renameAt({ dirFd: fd, name: "\xff\x01" }, { dirFd: fd, name: "\xfe" });

  expect(findStatAt(fd, "\xff\x01")).toBeUndefined();
  expect(statAt(fd, "\xfe").links).toBe(2);
});

test("a status has what the kernel knows, of a link itself", () => {
  makeNodeAt(fd, "disk", { mode: FILE_TYPE.BLOCK | 0o600, device: { major: 259, minor: 70_000 } });
  changeTimeAt(fd, "disk", { seconds: -2n, nanoseconds: 499_999_999 });

  expect(statAt(fd, "disk")).toMatchObject({
    device: { major: 259, minor: 70_000 },
    modified: { seconds: -2n, nanoseconds: 499_999_999 },
    unchangeable: false,
  });
  expect(isType(statAt(fd, "absolute"), FILE_TYPE.SYMLINK)).toBe(true);
  expect(statAt(fd, "").inode).toBe(BigInt(statSync(root).ino));
  expect(statAt(fd, "").diskBytes).toBe(statSync(root).blocks * 512);
});

test("attributes are bytes, of a name and of the directory itself", () => {
  const value = Buffer.from([0, 255, 10]);
  for (const name of ["secret", ""]) {
    setXattrAt(fd, name, { name: "user.bytes", value });
    setXattrAt(fd, name, { name: "user.empty", value: Buffer.alloc(0) });
    expect(findXattrAt(fd, name, "user.bytes")).toEqual(Uint8Array.from(value));
    expect(findXattrAt(fd, name, "user.empty")).toEqual(new Uint8Array());
    expect(findXattrAt(fd, name, "user.none")).toBeUndefined();
    expect([...listXattrsAt(fd, name)].sort()).toEqual(["user.bytes", "user.empty"]);
  }
  expect(() => setXattrAt(fd, "nope", { name: "user.x", value })).toThrow(
    expect.objectContaining({ code: "ENOENT", subject: "user.x of nope" }),
  );
});

/** Listing needs more than a place to begin. */
function listRoot(): readonly string[] {
  const flags = OPEN.RDONLY | OPEN.DIRECTORY;
  const directory = openBeneath(fd, ".", { flags, resolve: RESOLVE.BENEATH });
  try {
    return listAt(directory);
  } finally {
    closeSync(directory);
  }
}
