import { expect, test } from "bun:test";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describeTree, setXattr, shell } from "../../test/support/layer-ground.ts";
import { TemporaryDirectory } from "../../test/support/temporary-directory.ts";
import { GrowingFile } from "./growing-file.ts";
import { layerPaths } from "./unpack-layer.ts";
import { UnpackThreads } from "./unpack-threads.ts";

const ACL_ENTRY = (tag: number, bits: number) => [tag, 0, bits, 0, 0xff, 0xff, 0xff, 0xff];
/** Lets the owner, the group and all others only read. acl(5) */
const READ_ONLY = [2, 0, 0, 0, ...ACL_ENTRY(1, 4), ...ACL_ENTRY(4, 4), ...ACL_ENTRY(0x20, 4)];

const MODES = [0o644, 0o666, 0o777, 0o755, 0o400, 0o000, 0o4755, 0o2755, 0o1644, 0o620, 0o602];

/** Makes a file and a directory of each mode. */
const eachMode = MODES.map((mode) => {
  const octal = mode.toString(8);
  return `echo x > f${octal}; chmod ${octal} f${octal}; mkdir d${octal}; chmod ${octal} d${octal};
          echo y > d${octal}/in; chmod 666 d${octal}/in; mkdir d${octal}/sub`;
}).join("\n");

test.each<[string, string]>([
  ["of all modes", eachMode],
  ["of others than root", `${eachMode}; chown 12:34 f644; chown 0:34 f755; chown 12:0 d755`],
  ["in a directory with the set-group-id bit", `chgrp 7 .; chmod 2775 .; ${eachMode}`],
  ["in a directory with another group", `chgrp 7 .; ${eachMode}`],
  ["of other kinds", "mknod c c 1 3; mknod b b 7 0; mkfifo p; ln -s x l; chmod 666 c b p"],
])("a thread makes things %s as GNU tar does", async (_what, commands) => {
  using source = new TemporaryDirectory();
  shell(`mkdir tree; cd tree; ${commands}`, source.path);

  await expectAsTar(source.path);
});

test("a directory's default access list does not change the modes that an archive has", async () => {
  using source = new TemporaryDirectory();
  mkdirSync(join(source.path, "tree", "a"), { recursive: true });
  shell(`mkdir z; cd z; ${eachMode}`, join(source.path, "tree"));
  const acl = String.fromCharCode(...READ_ONLY);
  setXattr(join(source.path, "tree"), "system.posix_acl_default", acl);

  await expectAsTar(source.path, (path) => shell("find . -printf '%P %#m\\n' | sort", path));
});

test("a thread's files are as made whatever the daemon's umask is at that moment", async () => {
  using source = new TemporaryDirectory();
  shell(`mkdir tree; cd tree; ${eachMode}`, source.path);
  const umask = process.umask(0o177);
  try {
    await expectAsTar(source.path);
  } finally {
    process.umask(umask);
  }
});

/** Compares what a thread and GNU tar unpack from an archive of the directory `tree`. */
async function expectAsTar(directory: string, look = describeTree): Promise<void> {
  const archive = join(directory, "layer.tar");
  const xattrs = "--xattrs --xattrs-include='*'";
  shell(
    `mkdir other; chmod 755 other; tar -c ${xattrs} --format=posix -f ${archive} tree`,
    directory,
  );
  shell(`tar -xp --numeric-owner ${xattrs} -f ${archive}`, join(directory, "other"));

  const unpacked = await unpackByThread(archive, join(directory, "layer"));
  expect(look(join(unpacked, "tree"))).toBe(look(join(directory, "other", "tree")));
}

async function unpackByThread(archive: string, directory: string): Promise<string> {
  using threads = new UnpackThreads();
  const file = new GrowingFile(archive);
  file.grow(statSync(archive).size);
  file.complete();
  await using work = threads.unpack(file, { directory, endMark: "required" });
  await work.unpacked;
  await work.inherit([]);
  return layerPaths(directory).diff;
}
