import { expect } from "bun:test";
import { closeSync, lstatSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeTree, setXattr, shell, xattr } from "../../test/support/layer-ground.ts";
import { OverlayDisk } from "../../test/support/overlay-disk.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import { openDirectory } from "../linux/beneath.ts";
import { makeMount } from "../linux/mount.ts";
import { copyLayers } from "./copy-layers.ts";
import { MergedLayers } from "./merged-layers.ts";
import { makeWhiteout, markOpaque } from "./parent-directories.ts";

/** Layers made by shell scripts, lowest first, and an empty target. */
class Ground implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly target = join(this.#directory.path, "target");
  readonly work = join(this.#directory.path, "work");
  /** Topmost first. */
  readonly layers: readonly string[];

  constructor(...scripts: readonly string[]) {
    for (const path of [this.target, this.work]) mkdirSync(path);
    const layers = scripts.map((script, index) => {
      const layer = join(this.#directory.path, String(index));
      mkdirSync(layer);
      shell(script, layer);
      return layer;
    });
    this.layers = layers.toReversed();
  }

  async copy(ownerHostId = 0): Promise<string> {
    await copyLayers(this.layers, { target: this.target, ownerHostId });
    return this.target;
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

/** What a tree is, but for its top, and for what differs between file systems of directories. */
function tell(directory: string): string {
  const lines = describeTree(directory).replace(/^(.* d \d+ \d+:\d+) \d+ (\S+) .*$/gm, "$1 $2");
  return lines
    .split("\n")
    .filter((line) => !line.startsWith(" d "))
    .join("\n");
}

/** What an overlay shows of layers. */
function tellOverlay(layers: readonly string[]): string {
  using overlay = makeMount("overlay", [["lowerdir", layers.join(":")]]);
  return tell(overlay.path);
}

const LOWEST = `
  echo low > low; echo low > replaced; mkdir -p dir/sub emptied gone; echo 1 > dir/one; echo 1 > dir/sub/x
  echo 1 > emptied/old; echo 1 > gone/inside; mkdir was-dir; echo 1 > was-dir/f; echo 1 > was-file
  chown -R 7:8 dir; chmod 2751 dir; touch -d @1000000.123456789 dir/one low dir
  echo a > hard; ln hard hard2; ln hard dir/hard3; chmod 4755 hard`;
const MIDDLE = `
  mknod gone c 0 0; mkdir dir; mknod dir/one c 0 0; echo 2 > dir/two; echo 2 > replaced
  mkdir emptied; echo 2 > emptied/new
  echo 2 > was-dir; mkdir was-file; echo 2 > was-file/f`;
const TOPMOST = `
  mkdir gone; echo 3 > gone/back; mkdir -p dir/sub; echo 3 > dir/sub/y; ln -s /etc/passwd link
  mknod null c 1 3; mkfifo pipe; truncate -s 3M holes; printf x > "$(printf 'bad\\377name')"
  cp /bin/true able
  mkdir was-dir; chmod 1777 dir; chown 9:9 dir/sub`;

const OPAQUE = "trusted.overlay.opaque";

function makeGround(): Ground {
  const ground = new Ground(LOWEST, MIDDLE, TOPMOST);
  const [top = "", middle = ""] = ground.layers;
  setXattr(join(middle, "emptied"), OPAQUE, "y");
  setXattr(join(top, "was-dir"), OPAQUE, "y");
  setXattr(join(top, "dir/sub"), "user.note", "1");
  setXattr(join(top, "able"), "security.capability", CAPABILITY);
  return ground;
}

test("a copy is what an overlay of the layers shows", async () => {
  using ground = makeGround();
  const copied = tell(await ground.copy());
  expect(copied).toBe(tellOverlay(ground.layers));
  for (const part of ["security.capability", "user.note", "dir/two", "gone/back"]) {
    expect(copied).toContain(part);
  }
});

test("a copy keeps hard links and holes, and nothing of the layers' own marks", async () => {
  using ground = makeGround();
  const target = await ground.copy();
  const inodes = ["hard", "hard2", "dir/hard3"].map((name) => statSync(join(target, name)).ino);
  expect(new Set(inodes).size).toBe(1);
  expect(statSync(join(target, "holes")).blocks).toBe(0);
  expect(xattr(join(target, "emptied"), OPAQUE)).toBeUndefined();
});

/** cap_net_raw in effect, as version 2 has it. */
const CAPABILITY = Buffer.from("0100000200200000000000000000000000000000", "hex").toString(
  "latin1",
);

test("ids are shifted, also those in access lists, and set-id bits and capabilities stay", async () => {
  using ground = new Ground(`
    echo 1 > f; chown 5:6 f; chmod 6755 f; ln -s f l; chown -h 3:4 l; echo > able; echo > listed`);
  const [layer = ""] = ground.layers;
  setXattr(join(layer, "able"), "security.capability", CAPABILITY);
  setXattr(join(layer, "listed"), "system.posix_acl_access", accessList(5, 6));
  const target = await ground.copy(100_000);
  expect(statSync(join(target, "f"))).toMatchObject({ uid: 100_005, gid: 100_006, mode: 0o106755 });
  expect(lstatSync(join(target, "l"))).toMatchObject({ uid: 100_003, gid: 100_004 });
  expect(xattr(join(target, "able"), "security.capability")).toBe(CAPABILITY);
  expect(xattr(join(target, "listed"), "system.posix_acl_access")).toBe(
    accessList(100_005, 100_006),
  );
});

const NOBODY = 0xffff_ffff;

/** user::rw-, user:…:r--, group::r--, group:…:r--, mask::r--, other::r-- */
function accessList(user: number, group: number): string {
  const ids = { 1: NOBODY, 2: user, 4: NOBODY, 8: group, 16: NOBODY, 32: NOBODY };
  const entries = Object.entries(ids).map(([tag, id]) => {
    const entry = Buffer.alloc(8);
    entry.writeUInt16LE(Number(tag), 0);
    entry.writeUInt16LE(tag === "1" ? 6 : 4, 2);
    entry.writeUInt32LE(id, 4);
    return entry;
  });
  return Buffer.concat([Buffer.of(2, 0, 0, 0), ...entries]).toString("latin1");
}

test("find() sees what a copy has", async () => {
  using ground = makeGround();
  const target = await ground.copy();
  using merged = new MergedLayers(ground.layers);
  const paths = readdirSync(target, { recursive: true }).map(String);
  for (const path of paths.filter((each) => !each.includes("\ufffd"))) {
    expect([path, merged.find(path)?.size]).toEqual([path, expect.any(Number)]);
  }
  for (const path of ["dir/one", "emptied/old", "gone/inside", "was-dir/f", "nothing", "low/x"]) {
    expect([path, merged.find(path)]).toEqual([path, undefined]);
  }
});

test("others have their turn while much is copied", async () => {
  using ground = new Ground("for i in $(seq 200); do seq 20000 > $i; done");
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await ground.copy();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
});

test("layers that are on an overlay themselves have marks that a copy understands", async () => {
  await using disk = await OverlayDisk.mount();
  using ground = new Ground(
    "mkdir was; echo 1 > was/old; echo 1 > gone",
    "mkdir was; echo 2 > was/new",
  );
  const layers = ground.layers.map((layer, index) => {
    shell(`cp -a ${layer} ${index}`, disk.path);
    return join(disk.path, String(index));
  });
  const top = openDirectory(layers[0] ?? "");
  makeWhiteout(top, "gone");
  markOpaque(top, "was");
  closeSync(top);
  await copyLayers(layers, { target: ground.target, ownerHostId: 0 });
  expect(readdirSync(ground.target, { recursive: true }).sort()).toEqual(["was", "was/new"]);
  expect(shell("find . -type b -o -type c", ground.target)).toBe("");
  expect(xattr(join(ground.target, "was"), "user.sampan.opaque")).toBeUndefined();
});
