import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SmallDisk } from "../../test/support/small-disk.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { testIf } from "../../test/support/test-if.ts";
import { copyContent } from "./copy-file.ts";

const SCRIPT = `
: > empty
seq 1 200000 > text
truncate -s 40M hole
printf begin > mixed; truncate -s 20M mixed; printf middle >> mixed; truncate -s 30M mixed
dd if=/dev/urandom of=long bs=1M count=17 status=none`;

async function copyAll(directory: string, other = directory): Promise<readonly number[]> {
  Bun.spawnSync(["sh", "-ec", SCRIPT], { cwd: directory });
  return ["empty", "text", "hole", "mixed", "long"].map((name) => {
    const [source, target] = [join(directory, name), join(other, `${name}.copy`)];
    const pair = { from: openSync(source, "r"), to: openSync(target, "wx") };
    const pieces = [...copyContent(pair, statSync(source).size)].length;
    for (const file of Object.values(pair)) closeSync(file);
    expect(Buffer.compare(readFileSync(target), readFileSync(source))).toBe(0);
    expect(statSync(target).blocks).toBeLessThanOrEqual(statSync(source).blocks + 8);
    return pieces;
  });
}

test("copyContent() copies every byte and no hole, in pieces", async () => {
  using directory = new TemporaryDirectory();
  expect(await copyAll(directory.path)).toEqual([0, 1, 0, 2, 3]);
});

testIf(process.getuid?.() === 0, "not root")(
  "copyContent() copies between file systems that have nothing in common",
  async () => {
    using directory = new TemporaryDirectory();
    using disk = await SmallDisk.mount(64, "tmpfs");
    expect(await copyAll(directory.path, disk.path)).toEqual([0, 2, 0, 2, 17]);
  },
);

const missing = process.getuid?.() === 0 ? await SmallDisk.findMissing("btrfs") : "not root";
testIf(missing === undefined, missing ?? "")(
  "copyContent() shares the blocks where the file system can",
  async () => {
    using disk = await SmallDisk.mount(128, "btrfs");
    expect(await copyAll(disk.path)).toEqual([0, 0, 0, 0, 0]);
  },
);
