import { describe, expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgeHeader, makeTar, readTar, tarEntry, tarFile } from "../../../test/support/tar.ts";
import { TemporaryDirectory } from "../../../test/support/temporary-directory.ts";
import type { TarEntry } from "./tar-entry.ts";
import { TarReader } from "./tar-reader.ts";
import type { TarFile } from "./tar-writer.ts";

const TORTURE: readonly TarFile[] = [
  tarFile({ name: "./", kind: "directory", mode: 0o1777 }),
  tarFile(
    { name: "plain", mode: 0o4755, uid: 1000, gid: 2000, mtimeNs: 1_700_000_000_000_000_000n },
    "x".repeat(513),
  ),
  tarFile({ name: "empty" }),
  tarFile({ name: "exact" }, "y".repeat(512)),
  tarFile({ name: `${"d".repeat(99)}/${"n".repeat(200)}` }, "long name"),
  tarFile({ name: "é\xff\xfe\x01 \n".slice(1), mtimeNs: 1_500_000_000n }, "bytes in the name"),
  tarFile({ name: "huge-ids", uid: 3_000_000, gid: 4_294_967_294 }, "z"),
  tarFile({ name: "before-the-epoch", mtimeNs: -1_500_000_001n }),
  tarFile({ name: "far-future", mtimeNs: 99_999_999_999_000_000_001n }),
  tarFile({ name: "link", kind: "link", linkName: "plain" }),
  tarFile({ name: "symlink", kind: "symlink", linkName: "t".repeat(300) }),
  tarFile({ name: "null", kind: "character", device: { major: 1, minor: 3 } }),
  tarFile({ name: "disk", kind: "block", device: { major: 259, minor: 70_000 } }),
  tarFile({ name: "pipe", kind: "fifo" }),
  tarFile({
    name: "attributes",
    xattrs: new Map([
      ["security.capability", Buffer.from("0100000200040000000000000000000000000000", "hex")],
      ["user.newline\n", Buffer.from("a\n\0\xff=\n", "latin1")],
      ["user.empty", Buffer.alloc(0)],
    ]),
  }),
];

describe("what the writer writes, the reader reads", () => {
  test.each([1, 7, 511, 512, 513, 4096, 1 << 20])("in pieces of %d bytes", async (size) => {
    const read = readTar(await makeTar(TORTURE), size);

    for (const [i, { entry, content }] of TORTURE.entries()) {
      expect(read[i]).toEqual({ ...entry, content: Buffer.concat([...(content as Buffer[])]) });
    }
    expect(read).toHaveLength(TORTURE.length);
  });

  test("for entries made at random", async () => {
    const files = Array.from({ length: 200 }, (_, seed) => randomFile(seed));
    const read = readTar(await makeTar(files), 1000);

    expect(read.map(({ content, ...entry }) => entry)).toEqual(files.map(({ entry }) => entry));
  });
});

describe("GNU tar", () => {
  const SPARSE = ["--sparse", "--format=gnu"];
  test.each([
    ["v7", ["--format=v7"]],
    ["ustar", ["--format=ustar"]],
    ["gnu", ["--format=gnu"]],
    ["posix", ["--format=posix"]],
    ["gnu sparse", SPARSE],
    ["posix sparse 0.0", ["--sparse", "--format=posix", "--sparse-version=0.0"]],
    ["posix sparse 0.1", ["--sparse", "--format=posix", "--sparse-version=0.1"]],
    ["posix sparse 1.0", ["--sparse", "--format=posix", "--sparse-version=1.0"]],
  ])("%s archives are read", (_name, options) => {
    using directory = new TemporaryDirectory();
    const sparse = join(directory.path, "sparse");
    writeFileSync(sparse, "start");
    // More stretches than an old GNU header, and one block of its extension, have room for.
    for (let i = 1; i <= 40; i++) {
      truncateSync(sparse, i * 65_536);
      writeFileSync(sparse, `part ${i}`, { flag: "a" });
    }
    truncateSync(sparse, 5_000_000);
    writeFileSync(join(directory.path, "small"), "small");
    const archive = runTar(["-c", ...options, "-C", directory.path, "sparse", "small"]);
    expect(archive.length < 2_000_000).toBe(options.includes("--sparse"));

    const [first, second] = readTar(archive, 1000);
    expect(first).toMatchObject({ name: "sparse", kind: "file", size: 5_000_000 });
    expect(first?.content.equals(readFileSync(sparse))).toBe(true);
    expect(second?.content.toString()).toBe("small");
  });

  test("long names and links are read in its own form", () => {
    using directory = new TemporaryDirectory();
    const name = "n".repeat(150);
    Bun.spawnSync(["ln", "-s", "t".repeat(150), name], { cwd: directory.path });
    const archive = runTar(["-c", "--format=gnu", "-C", directory.path, name]);

    expect(readTar(archive)[0]).toMatchObject({ name, linkName: "t".repeat(150), kind: "symlink" });
  });

  test("reads what the writer writes, without a complaint", async () => {
    const archive = await makeTar(TORTURE);
    const list = Bun.spawnSync(
      ["tar", "-tv", "--full-time", "--utc", "--numeric-owner", "--quoting-style=escape"],
      { stdin: archive },
    );

    expect(list.stderr.toString()).toBe("");
    const lines = list.stdout.toString().trimEnd().split("\n");
    expect(lines).toHaveLength(TORTURE.length);
    expect(lines[1]).toMatch(/^-rwsr-xr-x 1000\/2000 +513 2023-11-14 22:13:20 plain$/);
    expect(lines[6]).toMatch(/3000000\/4294967294 +1 /);
    expect(lines[12]).toMatch(/^br.* 259,70000 /);
  });
});

test("an archive is refused when it is cut off at any multiple of 512 bytes", async () => {
  const archive = await makeTar(TORTURE);
  // One block of the end mark is as good as two.
  for (let length = 0; length <= archive.length - 1024; length += 512) {
    expect(() => readTar(archive.subarray(0, length))).toThrow(/it was cut off after/);
  }
});

test("an archive is refused when it is cut off inside of a block", async () => {
  const archive = await makeTar([tarFile({ name: "a" }, "content")]);
  for (const length of [1, 511, 513, 1000, 1025]) {
    expect(() => readTar(archive.subarray(0, length))).toThrow(/it was cut off after/);
  }
});

test("an archive that a digest vouches for needs no end mark, nor the padding before it", async () => {
  const archive = await makeTar([tarFile({ name: "a" }, "content")]);
  for (const length of [1024, 519]) {
    const names: string[] = [];
    const ignore = () => undefined;
    const reader = new TarReader({
      begin: ({ name }) => names.push(name),
      data: ignore,
      end: ignore,
    });
    reader.feed(archive.subarray(0, length));
    reader.finish({ endMark: "optional" });
    expect(names).toEqual(["a"]);
    expect(() => reader.finish({ endMark: "required" })).toThrow(/it was cut off/);
  }
});

test("what comes after the end mark is ignored", async () => {
  const archive = Buffer.concat([await makeTar([tarFile({ name: "a" })]), Buffer.from("rubbish")]);

  expect(readTar(archive).map(({ name }) => name)).toEqual(["a"]);
});

test("a directory of the oldest form is known by its name", () => {
  const old = forgeHeader(tarEntry({ name: "dir/" }), (block) => {
    block.fill(0, 156, 157);
    block.fill(0, 257, 512);
  });

  expect(readTar(Buffer.concat([old, Buffer.alloc(1024)]))[0]?.kind).toBe("directory");
});

test("the writer refuses content that is not as long as it was said to be", async () => {
  const entry = tarEntry({ name: "grows", size: 3 });

  await expect(makeTar([{ entry, content: [Buffer.from("four")] }])).rejects.toThrow(
    /more than its 3/,
  );
  await expect(makeTar([{ entry, content: [] }])).rejects.toThrow(/fewer than its 3/);
});

function runTar(args: readonly string[]): Buffer {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["tar", ...args]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout;
}

/** The same for the same seed. */
function randomFile(seed: number): TarFile {
  let state = seed + 1;
  const below = (limit: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % limit;
  };
  const text = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(1 + below(255))).join("");
  const kinds = ["file", "link", "symlink", "directory", "fifo"] as const;
  const kind = kinds[below(kinds.length)] ?? "file";
  const part: Partial<TarEntry> & { name: string } = {
    kind,
    name: text(1 + below(400)),
    linkName: kind === "link" || kind === "symlink" ? text(1 + below(400)) : "",
    mode: below(0o10000),
    uid: below(2 ** 31),
    gid: below(2_097_152),
    mtimeNs: BigInt(below(2 ** 31)) * BigInt(below(1 << 30)) - 1_000_000_000n,
    xattrs: new Map(
      Array.from({ length: below(3) }, (_, i) => [
        `user.${i}`,
        Buffer.from(text(below(90)), "latin1"),
      ]),
    ),
  };
  return tarFile(part, kind === "file" ? text(below(2000)) : "");
}
