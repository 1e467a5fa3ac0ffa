import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { Ground, unpack, unpackBytes } from "../../test/support/layer-ground.ts";
import {
  makeTar,
  readTar,
  tarDirectory,
  tarEntry,
  tarFile,
  tarLink,
  tarSymlink,
} from "../../test/support/tar.ts";
import { encodeTarHeader, type TarFile } from "../base/tar/tar-writer.ts";

const ESCAPE = "../outside/secret";

test.each<[string, readonly TarFile[], string]>([
  ["a name with ..", [tarFile({ name: ESCAPE }, "evil")], "outside/secret"],
  [
    "a name that climbs from inside",
    [tarFile({ name: `a/../../${ESCAPE}` }, "evil")],
    "outside/secret",
  ],
  ["a whiteout with ..", [tarFile({ name: "../outside/.wh.secret" })], "outside/secret"],
  ["an opaque mark with ..", [tarFile({ name: "../outside/.wh..wh..opq" })], "outside"],
  [
    "a file through a link with ..",
    [
      tarDirectory("outside"),
      tarSymlink("out", "../outside"),
      tarFile({ name: "out/secret" }, "evil"),
    ],
    "outside/secret",
  ],
  [
    "a link in place of a directory that was open",
    [
      tarDirectory("outside"),
      tarFile({ name: "d/one" }),
      tarSymlink("d", "../outside"),
      tarFile({ name: "d/two" }, "evil"),
    ],
    "outside/two",
  ],
  [
    "a hard link's name through a link",
    [
      tarDirectory("outside"),
      tarSymlink("out", "/outside"),
      tarFile({ name: "x" }),
      tarLink("out/new", "x"),
    ],
    "outside/new",
  ],
])("%s stays inside", async (_what, files, made) => {
  using ground = new Ground();
  await unpack(ground, files);

  expect(ground.outsideIsUntouched).toBe(true);
  expect(existsSync(ground.path(made)) || readdirSync(ground.layer).length > 0).toBe(true);
  expect(statSync(ground.path(made)).ino).toBeGreaterThan(0);
});

test("an absolute name, and a file through an absolute link, stay inside", async () => {
  using ground = new Ground();
  await unpack(ground, [
    tarFile({ name: `${ground.outside}/secret` }, "evil"),
    tarSymlink("out", ground.outside),
    tarFile({ name: "out/second" }, "evil"),
    tarSymlink("file", `${ground.outside}/secret`),
    tarFile({ name: "file" }, "in place of the link"),
  ]);

  expect(ground.outsideIsUntouched).toBe(true);
  expect(readFileSync(ground.path(`${ground.outside}/second`), "utf8")).toBe("evil");
  expect(readFileSync(ground.path("file"), "utf8")).toBe("in place of the link");
});

test.each<[string, readonly TarFile[], RegExp]>([
  [
    "a hard link out with ..",
    [tarLink("stolen", ESCAPE)],
    /Cannot unpack "stolen": .*ENOENT \(a link to/,
  ],
  [
    "a hard link out through a link",
    [tarSymlink("out", "../outside"), tarLink("stolen", "out/secret")],
    /ENOENT/,
  ],
  ["a hard link to a directory", [tarDirectory("d"), tarLink("stolen", "d")], /EPERM/],
  ["a hard link to the root", [tarLink("stolen", "/")], /Cannot unpack "stolen"/],
  [
    "a file in a file",
    [tarFile({ name: "f" }), tarFile({ name: "f/g" })],
    /Cannot unpack "f\/g": .*ENOTDIR/,
  ],
  [
    "a file through a dangling link",
    [tarSymlink("l", "nowhere"), tarFile({ name: "l/f" })],
    /ENOENT/,
  ],
  [
    "links in a ring",
    [tarSymlink("a", "b"), tarSymlink("b", "a"), tarFile({ name: "a/f" })],
    /ELOOP/,
  ],
  ["a root that is a file", [tarFile({ name: "./" })], /the archive's root is a file/],
  ["a root that is a link", [tarSymlink("/", "/etc")], /the archive's root is a symlink/],
  ["a whiteout of nothing", [tarFile({ name: "d/.wh." })], /removes nothing/],
  ["a whiteout of the directory above", [tarFile({ name: "d/.wh..." })], /removes nothing/],
  ["a name that is too long", [tarFile({ name: "n".repeat(256) })], /ENAMETOOLONG/],
])("%s is refused", async (_what, files, message) => {
  using ground = new Ground();
  const error = { kind: "invalid", message: expect.stringMatching(message) };

  await expect(unpack(ground, files)).rejects.toMatchObject(error);
  expect(ground.outsideIsUntouched).toBe(true);
});

test("a size that the archive does not have takes no space", () => {
  using ground = new Ground();
  const entry = tarEntry({ name: "f", size: 8 * 2 ** 40 });
  const archive = Buffer.concat([encodeTarHeader(entry), Buffer.alloc(4096)]);

  expect(() => unpackBytes(ground.layer, archive)).toThrow(/it was cut off/);
  expect(statSync(ground.path("f")).blocks).toBeLessThan(100);
});

test("nothing stays open when an archive is bad", async () => {
  using ground = new Ground();
  const before = readdirSync("/proc/self/fd").length;
  const archive = await makeTar([tarFile({ name: "a/b" }, "content"), tarFile({ name: "c" }, "x")]);
  for (let length = 0; length <= archive.length - 1024; length += 512) {
    const cut = archive.subarray(0, length);
    expect(() => unpackBytes(ground.layer, cut)).toThrow(/it was cut off/);
  }

  expect(readdirSync("/proc/self/fd").length).toBe(before);
  expect(readTar(archive)).toHaveLength(2);
});
