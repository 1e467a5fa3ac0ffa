import { expect } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  forgeHeader,
  inPieces,
  makeTar,
  tarDirectory,
  tarEntry,
  tarFile,
  tarLink,
  tarSymlink,
} from "../../test/support/tar.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import { rebuildArchive } from "./recipe.ts";
import { layerPaths, unpackLayer } from "./unpack-layer.ts";

const ROOM = Buffer.alloc(1024);

/** Unpacks an archive, and makes it again. */
async function roundTrip(
  archive: Uint8Array,
  change: (directory: string) => void = () => undefined,
) {
  using directory = new TemporaryDirectory();
  const layer = join(directory.path, "layer");
  using unpacked = await unpackLayer(inPieces(archive, 1000), layer, { endMark: "optional" });
  const { recipe, diff } = layerPaths(layer);
  change(layer);
  const rebuilt = Buffer.concat(await Array.fromAsync(rebuildArchive(recipe, diff)));
  return { rebuilt, isRebuildable: unpacked.content.isRebuildable };
}

/** An archive that GNU's tar makes of a tree with a sparse file, a hard link and long names. */
function runTar(options: readonly string[]): Buffer {
  using directory = new TemporaryDirectory();
  const sparse = join(directory.path, "sparse");
  writeFileSync(sparse, "start");
  // More stretches than a header has room for.
  for (let i = 1; i <= 40; i += 1) {
    truncateSync(sparse, i * 65_536);
    writeFileSync(sparse, `part ${i}`, { flag: "a" });
  }
  truncateSync(sparse, 4_000_000);
  const script = `mkdir d; echo x > d/${"n".repeat(120)}; ln sparse link; ln -s d soft; mkfifo fifo`;
  Bun.spawnSync(["sh", "-ec", script], { cwd: directory.path });
  const { stdout, exitCode, stderr } = Bun.spawnSync([
    "tar",
    "-c",
    ...options,
    "-C",
    directory.path,
    ".",
  ]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return Buffer.from(stdout);
}

const WHOLE: Readonly<Record<string, () => Buffer | Promise<Buffer>>> = {
  "GNU tar": () => runTar(["--format=gnu"]),
  "GNU tar, sparse": () => runTar(["--format=gnu", "--sparse"]),
  PAX: () => runTar(["--format=posix"]),
  "PAX, sparse 0.0": () => runTar(["--format=posix", "--sparse", "--sparse-version=0.0"]),
  "PAX, sparse 0.1": () => runTar(["--format=posix", "--sparse", "--sparse-version=0.1"]),
  "PAX, sparse 1.0": () => runTar(["--format=posix", "--sparse", "--sparse-version=1.0"]),
  "no file at all": () => makeTar([]),
  "no byte at all": () => Buffer.alloc(0),
  "no end mark": async () => (await makeTar([tarFile({ name: "f" }, "x")])).subarray(0, 1024),
  "bytes behind the end": async () =>
    Buffer.concat([await makeTar([tarFile({ name: "f" }, "x")]), ROOM, Buffer.from("garbage")]),
  "names that are not UTF-8": () =>
    makeTar([tarFile({ name: "\xff\xfe" }, "x"), tarFile({ name: "d/\x80" })]),
  "hard links": () =>
    makeTar([tarFile({ name: "a" }, "content"), tarLink("b", "a"), tarLink("c", "b")]),
  whiteouts: () =>
    makeTar([
      tarFile({ name: ".wh.gone" }),
      tarDirectory("d"),
      tarFile({ name: "d/.wh..wh..opq" }),
    ]),
  "a whiteout after its file": () =>
    makeTar([tarFile({ name: "f" }, "x"), tarFile({ name: ".wh.f" })]),
  "what AUFS left": () =>
    makeTar([
      tarDirectory(".wh..wh.plnk"),
      tarFile({ name: ".wh..wh.plnk/1.2" }, "left"),
      tarFile({ name: "f" }, "x"),
    ]),
  "content in the padding": () =>
    Buffer.concat([
      forgeHeader(tarEntry({ name: "f", size: 3 }), () => undefined, Buffer.from("abc and more")),
      ROOM,
    ]),
  "a large file": () => makeTar([tarFile({ name: "large" }, "0123456789".repeat(200_000))]),
  "the root, dots and slashes": () =>
    makeTar([
      tarDirectory("./", { mode: 0o700 }),
      tarFile({ name: "./a//b" }, "x"),
      tarFile({ name: "/c" }, "y"),
    ]),
};

for (const [what, make] of Object.entries(WHOLE)) {
  test(`an archive with ${what} is made again byte for byte`, async () => {
    const archive = await make();
    const { rebuilt, isRebuildable } = await roundTrip(archive);
    expect(isRebuildable).toBe(true);
    expect(rebuilt.equals(archive)).toBe(true);
  });
}

const LOST: Readonly<Record<string, () => Promise<Buffer>>> = {
  "a file twice": () => makeTar([tarFile({ name: "f" }, "one"), tarFile({ name: "f" }, "two")]),
  "a directory that becomes a file": () =>
    makeTar([tarFile({ name: "d/f" }, "x"), tarFile({ name: "d" }, "y")]),
};

for (const [what, make] of Object.entries(LOST)) {
  test(`an archive with ${what} is known not to be made again`, async () => {
    using directory = new TemporaryDirectory();
    const layer = join(directory.path, "layer");
    using unpacked = await unpackLayer(inPieces(await make()), layer, { endMark: "required" });
    expect(unpacked.content.isRebuildable).toBe(false);
  });
}

const FILES = [tarFile({ name: "f" }, "0123456789".repeat(1000)), tarSymlink("s", "f")];

test("a recipe that is damaged is told", async () => {
  const archive = await makeTar(FILES);
  for (const at of [0, 4, 12, 40]) {
    const damaged = roundTrip(archive, (layer) => {
      const { recipe } = layerPaths(layer);
      const bytes = readFileSync(recipe);
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(recipe, bytes);
    }).then(({ rebuilt }) => (rebuilt.equals(archive) ? "the same" : "other bytes"));
    const outcome = await damaged.catch((error) => error.message);
    // The length of the plain frame is not needed; other bytes are found out by their digest.
    expect([
      "Cannot read a layer's recipe: it is damaged",
      at === 4 ? "the same" : "other bytes",
    ]).toContain(outcome);
  }
});

test("a recipe never reads out of its layer, and a file that is gone is told", async () => {
  const archive = await makeTar(FILES);
  const gone = await roundTrip(archive, (layer) => {
    Bun.spawnSync(["rm", join(layerPaths(layer).diff, "f")]);
  }).catch((error) => error.message);
  expect(gone).toContain("ENOENT");
  const led = await roundTrip(archive, (layer) => {
    Bun.spawnSync(["ln", "-sf", "/etc/passwd", join(layerPaths(layer).diff, "f")]);
  }).catch((error) => error.message);
  expect(led).toContain("ELOOP");
  const shorter = await roundTrip(archive, (layer) =>
    truncateSync(join(layerPaths(layer).diff, "f"), 5),
  );
  expect(shorter.rebuilt.length).toBeLessThan(archive.length);
});
