import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  describeTree,
  Ground,
  setXattr,
  shell,
  unpack,
  unpackBytes,
  xattr,
} from "../../test/support/layer-ground.ts";
import { tarDirectory, tarFile, tarLink, tarSymlink } from "../../test/support/tar.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import type { TarFile } from "../base/tar/tar-writer.ts";

test("a layer unpacks to what GNU tar makes of it", async () => {
  using ground = new Ground();
  using other = new TemporaryDirectory();
  using source = new TemporaryDirectory();
  shell(
    `mkdir -p usr/bin "dir with space/deep" && chmod 2775 "dir with space" && chmod 1777 usr
     echo run > usr/bin/tool && chown 12:34 usr/bin/tool && chmod 4755 usr/bin/tool
     ln usr/bin/tool hardlink && ln -s /usr/bin/tool absolute && ln -s ../nowhere usr/dangling
     mknod null c 1 3 && mknod disk b 259 70000 && mkfifo pipe && chown 3000000:4000000 pipe
     touch -d '1969-12-31 23:59:58.499999999 UTC' old && touch -d '2001-02-03 04:05:06.789 UTC' usr
     truncate -s 3M sparse && echo end >> sparse && echo x > "$(printf 'byte\\377name')"
     echo y > $(printf 'n%.0s' $(seq 200)) && touch cap && chown -h 5:6 absolute
     touch -d '2001-02-03 04:05:06.789 UTC' usr .`,
    source.path,
  );
  setXattr(join(source.path, "cap"), "security.capability", `\x01\0\0\x02\0\x04${"\0".repeat(14)}`);
  setXattr(join(source.path, "cap"), "user.note", "\0\xff\n");
  const archive = shell(
    "tar -c --xattrs --xattrs-include='*' --format=posix --sparse .",
    source.path,
  );
  const bytes = Buffer.from(archive, "latin1");
  writeFileSync(join(ground.outside, "..", "layer.tar"), bytes);
  const xattrs = "--xattrs --xattrs-include='*'";
  shell(`tar -xp --numeric-owner ${xattrs} -f ${ground.outside}/../layer.tar`, other.path);

  expect(unpackBytes(ground.layer, bytes)).toMatchObject({ maxUid: 3_000_000, maxGid: 4_000_000 });
  expect(describeTree(ground.layer)).toBe(describeTree(other.path));
  expect(statSync(ground.path("sparse")).blocks * 512).toBeLessThan(1_000_000);
});

test("attributes that an overlay acts on do not come out of an archive", async () => {
  using ground = new Ground();
  const xattrs = new Map(
    ["trusted.overlay.opaque", "trusted.overlay.redirect", "trusted.x", "user.kept"].map((name) => [
      name,
      Buffer.from("y"),
    ]),
  );
  await unpack(ground, [tarDirectory("d", { xattrs })]);

  expect([...xattrs.keys()].filter((name) => xattr(ground.path("d"), name) !== undefined)).toEqual([
    "user.kept",
  ]);
});

test("a whiteout is a device that overlay file systems know", async () => {
  using ground = new Ground();
  await unpack(ground, [tarFile({ name: "d/.wh.gone" })]);

  expect(shell("stat -c '%F %t:%T' d/gone", ground.layer).trim()).toBe(
    "character special file 0:0",
  );
});

test.each<[string, readonly TarFile[]]>([
  ["is marked so", [tarFile({ name: "d/.wh..wh..opq" })]],
  ["is whited out and then made", [tarFile({ name: ".wh.d" }), tarDirectory("d")]],
  [
    "is whited out and then taken for granted",
    [tarFile({ name: ".wh.d" }), tarFile({ name: "d/f" })],
  ],
  ["is made and then whited out", [tarDirectory("d"), tarFile({ name: ".wh.d" })]],
])("a directory is opaque when it %s", async (_what, files) => {
  using ground = new Ground();
  await unpack(ground, files);

  expect(xattr(ground.path("d"), "trusted.overlay.opaque")).toBe("y");
});

test("a whiteout leaves a file of its own layer alone, before it and after it", async () => {
  using ground = new Ground();
  await unpack(ground, [
    tarFile({ name: "before" }, "1"),
    tarFile({ name: ".wh.before" }),
    tarFile({ name: ".wh.after" }),
    tarFile({ name: "after" }, "2"),
  ]);

  expect(readFileSync(ground.path("before"), "utf8")).toBe("1");
  expect(readFileSync(ground.path("after"), "utf8")).toBe("2");
});

test("what AUFS noted for itself is left out", async () => {
  using ground = new Ground();
  await unpack(ground, [tarDirectory(".wh..wh.plnk"), tarFile({ name: ".wh..wh.plnk/1.2" }, "x")]);

  expect(readdirSync(ground.layer)).toEqual([]);
});

test("a later entry takes the place of an earlier one, whatever both are", async () => {
  using ground = new Ground();
  await unpack(ground, [
    tarFile({ name: "dir/sub/file" }),
    tarFile({ name: "dir" }, "now a file"),
    tarFile({ name: "file" }),
    tarDirectory("file"),
    tarSymlink("link", "dir"),
    tarDirectory("link"),
    tarDirectory("kept"),
    tarFile({ name: "kept/child" }),
    tarDirectory("kept", { mode: 0o700 }),
    tarFile({ name: "self" }, "self"),
    tarLink("self", "./self"),
  ]);

  expect(shell("stat -c '%n %F %a' dir file link kept kept/child", ground.layer)).toBe(
    "dir regular file 644\nfile directory 755\nlink directory 755\nkept directory 700\n" +
      "kept/child regular empty file 644\n",
  );
  expect(readFileSync(ground.path("self"), "utf8")).toBe("self");
});

test("directories that the archive does not name look as in the layers below", async () => {
  using ground = new Ground();
  const lower = ground.lower();
  shell(
    "mkdir -p a/b; chown 7:8 a; chmod 700 a; chmod 711 .; touch -d @1000.5 a/b; touch -d @2000 a",
    lower,
  );
  setXattr(join(lower, "a"), "user.x", "1");
  await unpack(ground, [tarFile({ name: "a/b/c/f" })], [lower]);

  expect(shell("stat -c '%n %a %u:%g' . a a/b a/b/c", ground.layer)).toBe(
    ". 711 0:0\na 700 7:8\na/b 755 0:0\na/b/c 755 0:0\n",
  );
  expect(xattr(ground.path("a"), "user.x")).toBe("1");
  expect(shell("stat -c %.1Y a a/b", ground.layer)).toBe("2000.0\n1000.5\n");
});

test("more directories than are kept open at once are unpacked right", async () => {
  using ground = new Ground();
  const names = Array.from({ length: 300 }, (_, i) => `d${i % 100}/f${i}`);
  const links = names.map((name, i) => tarLink(`l${i % 90}/${i}`, name));
  await unpack(ground, [...names.map((name) => tarFile({ name }, name)), ...links]);

  for (const [i, name] of names.entries()) {
    expect(readFileSync(ground.path(`l${i % 90}/${i}`), "utf8")).toBe(name);
  }
});
