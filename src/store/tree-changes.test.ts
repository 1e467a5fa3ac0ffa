import { expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { shell } from "../../test/support/layer-ground.ts";
import { readTar } from "../../test/support/tar.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testAsRoot as test } from "../../test/support/test-if.ts";
import { OPEN } from "../linux/beneath.ts";
import { openFile } from "../linux/fd.ts";
import { makeMount } from "../linux/mount.ts";
import { archiveChanges } from "./changes-archive.ts";
import { SAME_IDS } from "./id-shift.ts";
import { type ChangedTree, listTreeChanges } from "./tree-changes.ts";

const IMAGE = `
  mkdir -p etc dir/sub gone/deep kept
  echo 1 > etc/conf; echo 2 > dir/file; echo 3 > dir/sub/file; echo 4 > gone/deep/file
  echo 5 > kept/same; ln -s file dir/link`;

/** What a container does to its root, on a real overlay and on a copy. */
class Ground implements Disposable {
  readonly #directory = new TemporaryDirectory();
  readonly image = this.#make("image");

  constructor() {
    shell(IMAGE, this.image);
  }

  overlay(script: string): ChangedTree {
    const [upper, work] = [this.#make("upper"), this.#make("work")];
    using lower = openFile(this.image, OPEN.PATH | OPEN.DIRECTORY);
    using mount = makeMount("overlay", [
      ["source", "overlay"],
      ["lowerdir", `/proc/self/fd/${lower.number}`],
      ["upperdir", upper],
      ["workdir", work],
    ]);
    shell(script, `/proc/${process.pid}/fd/${mount.number}`);
    return { upper, layers: [this.image], isCopy: false, ids: SAME_IDS };
  }

  copy(script: string): ChangedTree {
    const upper = this.#make("copy");
    shell(`cp -a ${this.image}/. .`, upper);
    shell(script, upper);
    return { upper, layers: [this.image], isCopy: true, ids: SAME_IDS };
  }

  #make(name: string): string {
    const path = join(this.#directory.path, name);
    mkdirSync(path);
    return path;
  }

  [Symbol.dispose](): void {
    this.#directory[Symbol.dispose]();
  }
}

async function tell(tree: ChangedTree): Promise<string> {
  const changes = await listTreeChanges(tree);
  return changes.map(({ kind, path }) => `${kind[0]} ${path}`).join(", ");
}

const CASES: readonly (readonly [string, string])[] = [
  ["true", ""],
  ["echo x > new", "a new"],
  ["echo longer > dir/file", "m dir, m dir/file"],
  ["chmod 600 dir/file", "m dir, m dir/file"],
  ["chown 5 dir/sub", "m dir, m dir/sub"],
  ["chmod 600 kept/same; chmod 644 kept/same", ""],
  ["touch dir", ""],
  ["rm -r gone", "d gone"],
  ["rm gone/deep/file", "m gone, m gone/deep, d gone/deep/file"],
  ["rm -r gone; mkdir gone; echo 6 > gone/new", "m gone, d gone/deep, a gone/new"],
  ["rm -r gone; echo 6 > gone", "m gone"],
  ["rm dir/file; mkdir -p dir/file/in", "m dir, m dir/file, a dir/file/in"],
  ["rm dir/link; ln -s sub dir/link", "m dir, m dir/link"],
  ["mv dir/file dir/moved", "m dir, d dir/file, a dir/moved"],
  ["mkdir -p a/b; echo x > a/b/c", "a a, a a/b, a a/b/c"],
  ["ln dir/file dir/second", "m dir, a dir/second"],
  ["mkdir dev proc; touch .dockerenv; echo x > etc/new", "m etc, a etc/new"],
];

for (const [script, expected] of CASES) {
  test(`${script}: the same is told of an overlay and of a copy`, async () => {
    using ground = new Ground();
    expect(await tell(ground.overlay(script))).toBe(expected);
    expect(await tell(ground.copy(script))).toBe(expected);
  });
}

test("as a layer, what was deleted is said by marks, and second names stay links", async () => {
  using ground = new Ground();
  const tree = ground.overlay(
    "rm -r gone dir/file; echo x > new; ln new second; chmod 4711 new; mkfifo pipe",
  );
  const bytes = Buffer.concat(
    await Array.fromAsync(archiveChanges(tree, await listTreeChanges(tree))),
  );
  const entries = readTar(bytes).map(({ kind, name, linkName, mode }) => [
    kind,
    name,
    linkName,
    mode.toString(8),
  ]);
  expect(entries).toEqual([
    ["directory", "dir/", "", "755"],
    ["file", "dir/.wh.file", "", "600"],
    ["file", ".wh.gone", "", "600"],
    ["file", "new", "", "4711"],
    ["fifo", "pipe", "", "644"],
    ["link", "second", "new", "4711"],
  ]);
});
