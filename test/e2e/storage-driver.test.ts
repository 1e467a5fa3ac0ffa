// How root file systems are made, by `--storage-driver` and by what the data root is on.

import { describe, expect } from "bun:test";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { dockerArchive } from "../support/image-archives.ts";
import { binaryFile, imageConfig } from "../support/image-world.ts";
import { OverlayDisk } from "../support/overlay-disk.ts";
import { makeTar, tarFile } from "../support/tar.ts";
import { testAsRoot as test } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

describe("a data root on an overlay", () => {
  test("cannot map ids, which volumes need: told under auto, an error under private", async () => {
    await using disk = await OverlayDisk.mount();
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const reason = `the file system of the data root "${disk.path}" takes no id mapping`;
    const ask = async (userns: string) =>
      daemon.sampan(["create", "--userns", userns, "-v", "vol:/v", "busybox", "true"]);
    expect((await ask("auto")).stderr).toContain(
      `WARNING: Runs in the host's user namespace: ${reason}`,
    );
    expect((await ask("private")).stderr).toContain(reason);
    const explained = await daemon.sampan(["explain", "run", "-v", "vol:/v", "busybox", "true"]);
    expect(explained.stdout).toContain(reason);
  });

  test("has images whose layers remove what is below", async () => {
    await using disk = await OverlayDisk.mount();
    await using daemon = await TestDaemon.start("--data-root", disk.path);
    const layers = [
      await Bun.file(await ensureBusyboxArchive()).bytes(),
      await makeTar([
        tarFile({ name: "bin/.wh.rev" }),
        tarFile({ name: "var/.wh..wh..opq" }),
        tarFile({ name: "var/new" }, "x"),
      ]),
    ];
    const files = layers.map((layer, index) => binaryFile(String(index), layer));
    const entry = { Config: "config.json", RepoTags: ["two:latest"], Layers: ["0", "1"] };
    const archive = await dockerArchive([entry], files, imageConfig(layers));
    const loaded = await new ApiUser(daemon).ask("POST", "/images/load", archive);
    expect(loaded.text).toContain("Loaded image: two:latest");
    const show = ["run", "--rm", "two", "sh", "-c", "echo /bin/rev* /var/*"];
    expect((await daemon.sampan(show)).stdout).toBe("/bin/rev* /var/new\n");
  });

  test("refuses --storage-driver=overlay with the reason and the way on", async () => {
    await using disk = await OverlayDisk.mount();
    const starting = TestDaemon.start("--data-root", disk.path, "--storage-driver", "overlay2");
    await expect(starting).rejects.toThrow(
      /Cannot use the storage driver "overlay" in ".*", which is on overlayfs: the kernel makes no overlay .*use --storage-driver=copy/,
    );
  });
});

describe("a daemon with --storage-driver=vfs", () => {
  test("has containers that live as others do", async () => {
    await using daemon = await TestDaemon.startWithBusybox("--storage-driver", "vfs");
    const user = new ApiUser(daemon);
    const id = await user.run("echo 12345 > /own; rm /bin/rev; read line; cat /own", {
      OpenStdin: true,
    });
    expect((await daemon.sampan(["exec", id, "sh", "-c", "echo more >> /own; id -u"])).stdout).toBe(
      "0\n",
    );
    await daemon.stop();
    await daemon.startAgain();
    await daemon.sampan(["attach", id], { stdin: "go\n" });
    expect(await user.wait(id)).toBe(0);
    expect((await daemon.sampan(["logs", id])).stdout).toBe("12345\nmore\n");
    const { SizeRw, SizeRootFs } = await user.json("GET", `/containers/${id}/json?size=1`);
    expect(SizeRw).toBe("12345\nmore\n".length);
    expect(SizeRootFs).toBeGreaterThan(1 << 20);
  });

  test("keeps a read-only root read-only, and mounts what it mounts elsewhere", async () => {
    await using daemon = await TestDaemon.startWithBusybox("--storage-driver", "copy");
    const line =
      "touch /x; touch /tmp/y && stat -c %u /tmp/y && hostname > /dev/null && cat /etc/hosts";
    const run = await daemon.sampan([
      "run",
      "--rm",
      "--read-only",
      "--tmpfs",
      "/tmp",
      "busybox",
      "sh",
      "-c",
      line,
    ]);
    expect(run.stderr).toContain("Read-only file system");
    expect(run.stdout).toMatch(/^0\n127\.0\.0\.1/);
  });

  test("fills a new volume with the image's files and their owners", async () => {
    await using daemon = await TestDaemon.startWithBusybox("--storage-driver", "copy");
    const volume = ["run", "--rm", "-v", "etc:/etc", "busybox"];
    const run = await daemon.sampan([...volume, "stat", "-c", "%u %n", "/etc", "/etc/passwd"]);
    expect([run.stdout, run.stderr]).toEqual(["0 /etc\n0 /etc/passwd\n", ""]);
  });
});

test("a change of the driver leaves the containers that there are as they are", async () => {
  await using daemon = await TestDaemon.startWithBusybox();
  const user = new ApiUser(daemon);
  const old = await user.create("echo again >> /kept; cat /kept");
  await daemon.sampan(["start", "-a", old]);
  await daemon.stop();
  await daemon.startAgain("--storage-driver", "copy");
  const copied = await user.create("echo again >> /kept; cat /kept");
  await daemon.sampan(["start", "-a", copied]);
  expect((await daemon.sampan(["start", "-a", old])).stdout).toBe("again\nagain\n");
  await daemon.stop();
  await daemon.startAgain();
  expect((await daemon.sampan(["start", "-a", copied])).stdout).toBe("again\nagain\n");
  const drivers = [old, copied].map(async (id) => (await user.inspect(id)).GraphDriver.Name);
  expect(await Promise.all(drivers)).toEqual(["overlay2", "vfs"]);
});

test("a daemon that is killed while it copies an image leaves nothing of the container", async () => {
  await using daemon = await TestDaemon.start("--storage-driver", "copy");
  const user = new ApiUser(daemon);
  const files = Array.from({ length: 40 }, (_, index) =>
    tarFile({ name: String(index) }, "x".repeat(4 << 20)),
  );
  await user.json("POST", "/images/create?fromSrc=-&repo=big", await makeTar(files));
  const containers = join(daemon.dataRoot, "containers");
  const creating = user.ask("POST", "/containers/create", { Image: "big", Cmd: ["x"] }).then(
    () => "made",
    () => "cut off",
  );
  const isCopying = () =>
    readdirSync(containers).some((id) => existsSync(join(containers, id, "upper.new/0")));
  await waitUntil("the copy has begun", isCopying);
  await daemon.kill();
  expect(await creating).toBe("cut off");
  await daemon.startAgain();
  expect(await user.json("GET", "/containers/json?all=1")).toEqual([]);
  expect(readdirSync(containers)).toEqual([]);
});
