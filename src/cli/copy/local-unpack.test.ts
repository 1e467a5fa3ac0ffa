import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { makeTar, tarDirectory, tarFile, tarLink, tarSymlink } from "../../../test/support/tar.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { TarReader } from "../../base/tar/tar-reader.ts";
import type { TarFile } from "../../base/tar/tar-writer.ts";
import { listLocal } from "./local-files.ts";
import { LocalUnpacker } from "./local-unpack.ts";

async function unpack(files: readonly TarFile[], directory: string, name = "top"): Promise<void> {
  const unpacker = new LocalUnpacker({ directory, name }, { keepsOwners: false });
  const reader = new TarReader(unpacker);
  reader.feed(await makeTar(files));
  reader.finish({ endMark: "required" });
  unpacker.finish();
}

test("files come by another name of their top, with modes and times", async () => {
  using directory = new TemporaryDirectory();
  const files = [
    tarDirectory("src", { mode: 0o750, mtimeNs: 5_000_000_000n }),
    tarFile({ name: "src/file", mode: 0o640, mtimeNs: 7_500_000_000n }, "content"),
    tarSymlink("src/link", "file"),
    tarLink("src/second", "src/file"),
  ];
  await unpack(files, directory.path);
  const top = join(directory.path, "top");
  expect(readFileSync(join(top, "second"), "utf8")).toBe("content");
  expect(readlinkSync(join(top, "link"))).toBe("file");
  const [status, file] = [statSync(top), statSync(join(top, "file"))];
  expect([status.mode & 0o777, status.mtimeMs]).toEqual([0o750, 5000]);
  expect([file.mode & 0o777, file.mtimeMs, file.nlink]).toEqual([0o640, 7500, 2]);

  await unpack(files, directory.path, ".");
  expect(readFileSync(join(directory.path, "file"), "utf8")).toBe("content");
});

test.each<[string, (outside: string) => readonly TarFile[]]>([
  ["a name with ..", () => [tarFile({ name: "s/../../outside/file" }, "evil")]],
  ["a link of its own", (to) => [tarSymlink("s/way", to), tarFile({ name: "s/way/file" }, "evil")]],
  [
    "a link as its top",
    (to) => [tarSymlink("s", to), tarFile({ name: "s/file", mode: 0o777 }, "evil")],
  ],
  [
    "a file that became a link",
    (to) => [tarSymlink("s/x", `${to}/file`), tarFile({ name: "s/x", mode: 0o777 }, "evil")],
  ],
  [
    "a directory that became a link",
    (to) => [tarSymlink("s/x", to), tarDirectory("s/x", { mode: 0o777, mtimeNs: 1n })],
  ],
])("an archive does not get out by %s", async (_how, files) => {
  using directory = new TemporaryDirectory();
  const [outside, inside] = ["outside", "inside"].map((name) => join(directory.path, name));
  for (const path of [outside, inside]) mkdirSync(path ?? "");
  writeFileSync(`${outside}/file`, "untouched", { mode: 0o600 });
  await unpack(files(outside ?? ""), inside ?? "").catch(() => undefined);
  expect(readFileSync(`${outside}/file`, "utf8")).toBe("untouched");
  expect(statSync(`${outside}/file`).mode & 0o777).toBe(0o600);
  expect(statSync(outside ?? "").mode & 0o777).not.toBe(0o777);
});

test("a local directory comes back as it went", async () => {
  using directory = new TemporaryDirectory();
  const from = join(directory.path, "from");
  mkdirSync(join(from, "sub"), { recursive: true });
  writeFileSync(join(from, "sub/file"), "x".repeat(300_000), { mode: 0o600 });
  const files = await Array.fromAsync(listLocal(from, { name: "n", keepsOwners: false }));
  expect(files.map(({ entry }) => [entry.name, entry.uid])).toEqual([
    ["n/", 0],
    ["n/sub/", 0],
    ["n/sub/file", 0],
  ]);
  await unpack(files, directory.path, "back");
  expect(readFileSync(join(directory.path, "back/sub/file"), "utf8")).toHaveLength(300_000);
  expect(existsSync(join(directory.path, "n"))).toBe(false);
});
