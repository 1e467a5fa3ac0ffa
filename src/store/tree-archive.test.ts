import { describe, expect } from "bun:test";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describeTree, setXattr, shell } from "../../test/support/layer-ground.ts";
import {
  inPieces,
  makeTar,
  readTar,
  tarDirectory,
  tarFile,
  tarLink,
  tarSymlink,
} from "../../test/support/tar.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import type { TarFile } from "../base/tar/tar-writer.ts";
import { archiveTree, checkTreePath } from "./tree-archive.ts";
import { unpackTree } from "./tree-unpack.ts";

/** Two directories, and one outside of them that nobody may touch. */
class Ground implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly from = this.#make("from");
  readonly to = this.#make("to");
  readonly outside = this.#make("outside");
  readonly #before: string;

  constructor(script = "") {
    writeFileSync(join(this.outside, "secret"), "secret", { mode: 0o600 });
    this.#before = describeTree(this.outside);
    if (script !== "") shell(script, this.from);
  }

  get #place() {
    return { directory: this.to, notesPath: join(this.#directory.path, "notes") };
  }

  get isOutsideUntouched(): boolean {
    return describeTree(this.outside) === this.#before;
  }

  async archive(path = ""): Promise<Buffer> {
    return Buffer.concat(await Array.fromAsync(archiveTree(this.from, path)));
  }

  async unpack(archive: AsyncIterable<Uint8Array>, path = ""): Promise<void> {
    await unpackTree(archive, { ...this.#place, path });
  }

  /** As `docker cp` does. */
  async mergeFiles(files: readonly TarFile[], keepsKinds: boolean): Promise<void> {
    const merge = { keepsKinds };
    await unpackTree(inPieces(await makeTar(files)), { ...this.#place, path: "", merge });
  }

  async unpackFiles(files: readonly TarFile[], path = ""): Promise<void> {
    await this.unpack(inPieces(await makeTar(files)), path);
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }

  #make(name: string): string {
    const path = join(this.#directory.path, name);
    mkdirSync(path);
    return path;
  }
}

test("what is unpacked is as what was archived: owners, modes, times, links, nodes, attributes", async () => {
  using ground = new Ground(`
    echo one > file; chmod 4751 file; chown 12:34 file; touch -d @1000000000.123456789 file
    mkdir -p deep/er; echo two > deep/er/file; chmod 1777 deep; touch -d @5 deep/er deep
    mkfifo pipe; mknod null c 1 3; ln -s /etc/passwd absolute; ln -s ../../up climbing
    printf x > "$(printf 'bad\\377name')"; : > empty; truncate -s 300000 sparse; echo z >> sparse
    ln file second; ln file deep/er/third; echo hidden > .wh.kept
    chown -h 7:8 absolute; chown 999:998 .; chmod 700 .; touch -d @77 .
  `);
  setXattr(join(ground.from, "file"), "user.colour", "blue");
  await ground.unpack(archiveTree(ground.from, ""));
  expect(describeTree(ground.to)).toBe(describeTree(ground.from));
});

test("a part is archived by its last name, and unpacked where it is said", async () => {
  using ground = new Ground("mkdir -p a/b/c; echo deep > a/b/c/file; ln -s b a/link");
  const names = async (path: string) => readTar(await ground.archive(path)).map(({ name }) => name);
  expect(await names("a/b")).toEqual(["b/", "b/c/", "b/c/file"]);
  expect(await names("a/b/c/file")).toEqual(["file"]);
  expect(await names("a/link")).toEqual(["link"]);
  expect(() => checkTreePath(ground.from, "a/none")).toThrow("no such file or directory");
  expect(() => checkTreePath(ground.from, "a/link/c")).toThrow("no such file or directory");
  expect(checkTreePath(ground.from, "../../a/b")).toBeUndefined();

  mkdirSync(join(ground.to, "here"));
  await ground.unpack(archiveTree(ground.from, "a/b"), "here");
  expect(readFileSync(join(ground.to, "here/b/c/file"), "utf8")).toBe("deep\n");
  await expect(ground.unpack(archiveTree(ground.from, ""), "there")).rejects.toThrow(
    "no such directory",
  );
});

test("GNU tar reads it, and what GNU tar writes is read, also compressed", async () => {
  using ground = new Ground("mkdir d; echo x > d/file; chown 5:6 d/file");
  writeFileSync(join(ground.outside, "../a.tar"), await ground.archive());
  shell("tar -xpf ../a.tar", ground.to);
  expect(describeTree(ground.to)).toBe(describeTree(ground.from));
  rmSync(join(ground.to, "d"), { recursive: true });
  for (const compression of ["--gzip", "--no-auto-compress"]) {
    const packed = await Bun.$`tar -C ${ground.from} -c ${compression} .`.quiet().arrayBuffer();
    await ground.unpack(inPieces(new Uint8Array(packed)));
    expect(statSync(join(ground.to, "d/file"))).toMatchObject({ uid: 5, gid: 6 });
  }
});

test("a file that grows, shrinks or goes while it is archived spoils nothing", async () => {
  using ground = new Ground("for n in a b c d; do head -c 600000 /dev/zero > $n; done; mkdir e");
  const pieces: Uint8Array[] = [];
  for await (const piece of archiveTree(ground.from, "")) {
    if (pieces.length === 0) {
      truncateSync(join(ground.from, "a"), 10);
      writeFileSync(join(ground.from, "b"), Buffer.alloc(900_000, 1));
      rmSync(join(ground.from, "c"));
      rmSync(join(ground.from, "d"));
      symlinkSync("/etc/passwd", join(ground.from, "d"));
    }
    pieces.push(piece);
  }
  const entries = readTar(Buffer.concat(pieces));
  expect(entries.map(({ name, size, kind }) => [name, kind, size])).toEqual([
    ["./", "directory", 0],
    // It was announced already.
    ["./a", "file", 600_000],
    ["./b", "file", 900_000],
    ["./d", "symlink", 0],
    ["./e/", "directory", 0],
  ]);
});

describe("a hostile archive stays inside", () => {
  const out = (ground: Ground) => `../${ground.outside.split("/").at(-1)}`;
  const attacks: readonly (readonly [string, (ground: Ground) => readonly TarFile[]])[] = [
    ["by names with ..", (ground) => [tarFile({ name: `${out(ground)}/secret` }, "evil")]],
    ["by absolute names", (ground) => [tarFile({ name: `${ground.outside}/secret` }, "evil")]],
    [
      "through a link of its own",
      (ground) => [
        tarSymlink("way", ground.outside),
        tarFile({ name: "way/secret" }, "evil"),
        tarDirectory("way", { mode: 0o777, uid: 5 }),
      ],
    ],
    [
      "through a link to what is above",
      (ground) => [tarSymlink("way", out(ground)), tarFile({ name: "way/secret" }, "evil")],
    ],
    [
      "by a hard link to what is outside",
      (ground) => [
        tarLink("name", `${out(ground)}/secret`),
        tarFile({ name: "name", mode: 0o777, uid: 7 }, "evil"),
      ],
    ],
    [
      "by a link that takes a file's place",
      (ground) => [
        tarFile({ name: "x" }, "fine"),
        tarSymlink("x", `${ground.outside}/secret`),
        tarFile({ name: "x", mode: 0o777 }, "evil"),
      ],
    ],
  ];
  for (const [how, files] of attacks) {
    test(how, async () => {
      using ground = new Ground();
      // Whether it is refused or led elsewhere.
      await ground.unpackFiles(files(ground)).catch(() => undefined);
      expect(ground.isOutsideUntouched).toBe(true);
    });
  }
});

test("links that others have put in the way lead nowhere else", async () => {
  using ground = new Ground();
  symlinkSync(ground.outside, join(ground.to, "way"));
  symlinkSync(join(ground.outside, "secret"), join(ground.to, "file"));
  await ground.unpackFiles([
    tarFile({ name: "file", mode: 0o666, uid: 3 }, "mine"),
    tarDirectory("way", { mode: 0o777 }),
    tarFile({ name: "way/secret" }, "mine"),
  ]);
  expect(readFileSync(join(ground.to, "file"), "utf8")).toBe("mine");
  expect(readFileSync(join(ground.to, "way/secret"), "utf8")).toBe("mine");
  expect(ground.isOutsideUntouched).toBe(true);
});

test("a swarm of links that come and go while it is unpacked changes nothing outside", async () => {
  using ground = new Ground();
  const target = join(ground.to, "d");
  const files = Array.from({ length: 300 }, (_, index) =>
    tarFile({ name: `d/f${index % 7}`, mode: 0o777, uid: 1000 }, "x".repeat(100)),
  );
  const archive = await makeTar([tarDirectory("d", { mode: 0o777, uid: 1000 }), ...files]);
  const swapping = (async function* () {
    for (const [index, piece] of (await Array.fromAsync(inPieces(archive, 700))).entries()) {
      if (index % 3 === 1 && readdirSync(ground.to).includes("d")) {
        renameSync(target, `${target}${index}`);
        symlinkSync(ground.outside, target);
      }
      if (index % 3 === 2) rmSync(target, { recursive: true, force: true });
      yield piece;
    }
  })();
  await ground.unpack(swapping).catch(() => undefined);
  expect(ground.isOutsideUntouched).toBe(true);
});

test("a directory that is there is no file's to replace", async () => {
  using ground = new Ground();
  mkdirSync(join(ground.to, "d"));
  await expect(ground.unpackFiles([tarFile({ name: "d" }, "x")])).rejects.toThrow(
    "a directory of that name is there",
  );
  await ground.unpackFiles([tarDirectory("d", { mode: 0o700, uid: 9 }), tarFile({ name: "d/x" })]);
  expect(statSync(join(ground.to, "d"))).toMatchObject({ uid: 9 });
});

test("an entry for the directory itself that is a file takes nothing away", async () => {
  using ground = new Ground();
  writeFileSync(join(ground.to, "stays"), "");
  const files = [tarFile({ name: "." }, "x"), tarFile({ name: "new" }, "y")];
  await expect(ground.mergeFiles(files, true)).rejects.toThrow("cannot overwrite directory");
  expect(readdirSync(ground.to)).toEqual(["stays"]);
  await ground.mergeFiles(files, false);
  expect(readdirSync(ground.to).sort()).toEqual(["new", "stays"]);
});
