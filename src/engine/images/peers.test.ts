import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dockerArchive, ENTRY, ID, LAYERS } from "../../../test/support/image-archives.ts";
import { ImageWorld } from "../../../test/support/image-world.ts";
import { describeTree, shell } from "../../../test/support/layer-ground.ts";
import { tarDirectory, tarFile, tarLink, tarSymlink } from "../../../test/support/tar.ts";

// What other programs read and write decides what an archive is.
const skopeo = Bun.which("skopeo") === null ? test.skip : test;
const umoci = Bun.which("umoci") === null ? test.skip : test;

skopeo.each([
  ["docker-archive:saved.tar", "oci-archive:copy.tar:app:1"],
  ["oci-archive:saved.tar", "docker-archive:copy.tar:app:1"],
  ["oci-archive:saved.tar", "oci-archive:copy.tar:app:1"],
])("skopeo reads what save writes as %s, and load reads its %s", async (from, to) => {
  await using world = new ImageWorld();
  await world.load(await dockerArchive([ENTRY], LAYERS));
  writeFileSync(join(world.directory, "saved.tar"), await world.save("app:1"));
  shell(`skopeo --insecure-policy --tmpdir . copy -q ${from} ${to}`, world.directory);

  await using other = new ImageWorld();
  const copy = await Bun.file(join(world.directory, "copy.tar")).bytes();
  expect(await other.load(copy)).toEqual(["Loaded image: app:1"]);
  const { layers } = await other.images.get("app:1");
  expect(layers).toEqual((await world.images.get(ID)).layers);
});

umoci("umoci unpacks what save writes to the same files as are here", async () => {
  await using world = new ImageWorld();
  const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
  await world.import(
    [
      tarDirectory("./", { mode: 0o755, mtimeNs: 1_000_000_000n }),
      tarDirectory("bin", { mtimeNs: 2_500_000_000n }),
      tarFile({ name: "bin/tool", mode: 0o4755, uid: 1, gid: 2 }, "tool"),
      tarLink("bin/link", "bin/tool"),
      tarSymlink("sh", "/bin/tool"),
      tarFile({ name: "null", kind: "character", device: { major: 1, minor: 3 } }),
      tarFile({ name: "cap", xattrs: new Map([["security.capability", capability]]) }, "x"),
      tarFile({ name: "ids", uid: 3_000_000, mtimeNs: -1_500_000_000n }, "y"),
    ],
    "app:1",
  );
  const layout = join(world.directory, "layout");
  mkdirSync(layout);
  writeFileSync(join(world.directory, "saved.tar"), await world.save("app:1"));
  shell("tar -xf ../saved.tar && umoci unpack --image .:1 ../bundle", layout);

  const [lower = ""] = world.images.find("app:1")?.lowers ?? [];
  expect(describeTree(lower)).toBe(describeTree(join(world.directory, "bundle/rootfs")));
});

umoci("load reads a layout that umoci made", async () => {
  await using world = new ImageWorld();
  shell(
    `mkdir tree && echo hi > tree/greeting && umoci init --layout layout
     umoci new --image layout:1 && umoci insert --image layout:1 tree /srv
     umoci config --image layout:1 --config.cmd /srv/run && tar -C layout -cf layout.tar .`,
    world.directory,
  );
  const [line = ""] = await world.load(await Bun.file(join(world.directory, "layout.tar")).bytes());
  const { lowers = [], config } = world.images.find(line.replace("Loaded image ID: ", "")) ?? {};

  expect(config?.command).toEqual(["/srv/run"]);
  expect(await Bun.file(join(lowers[0] ?? "", "srv/greeting")).text()).toBe("hi\n");
});
