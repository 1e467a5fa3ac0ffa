// Volumes that are mounted from elsewhere: from when the first container starts until the last has ended.

import { describe, expect } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
import { type DiskName, SmallDisk } from "../support/small-disk.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testAsRoot as test, testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

/** The mounts on a path, as the kernel lists them. */
function mountsOn(path: string): readonly string[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return lines.filter((line) => line.split(" ")[4] === path);
}

class Ground implements AsyncDisposable {
  readonly daemon: TestDaemon;
  readonly user: ApiUser;

  private constructor(daemon: TestDaemon) {
    this.daemon = daemon;
    this.user = new ApiUser(daemon);
  }

  static async make(...args: readonly string[]): Promise<Ground> {
    return new Ground(await TestDaemon.startWithBusybox(...args));
  }

  pathOf(volume: string): string {
    return join(this.daemon.dataRoot, "volumes", volume, "_data");
  }

  async volume(Name: string, DriverOpts: Readonly<Record<string, string>>): Promise<void> {
    await this.user.json("POST", "/volumes/create", { Name, DriverOpts });
  }

  /** Runs a shell line with a volume on /v; what it wrote, or how it failed. */
  async shell(volume: string, line: string, ...more: readonly string[]): Promise<string> {
    const args = ["run", "--rm", "-v", `${volume}:/v`, ...more, "busybox", "sh", "-c", line];
    const { status, stdout, stderr } = await this.daemon.sampan(args);
    return status === 0 ? stdout.trim() : `${status}: ${stdout}${stderr}`;
  }

  async sleep(volume: string): Promise<string> {
    return await this.user.run("sleep 1000", { HostConfig: { Binds: [`${volume}:/v`] } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.daemon[Symbol.asyncDispose]();
  }
}

const TMPFS = { type: "tmpfs", device: "tmpfs", o: "size=1m,mode=1777" };

test("a tmpfs is shared by those who run, each with its own ids, and gone with the last", async () => {
  await using ground = await Ground.make();
  await ground.volume("fast", TMPFS);
  const path = ground.pathOf("fast");
  expect(mountsOn(path)).toEqual([]);
  const first = await ground.sleep("fast");
  expect(mountsOn(path)).toEqual([expect.stringContaining("- tmpfs tmpfs rw,size=1024k")]);

  const write =
    "cd /v; touch root; touch user; chown 1234:567 user; df -k /v | tail -1 | grep -c 1024";
  expect(await ground.shell("fast", write)).toBe("1");
  expect(statSync(`${path}/root`)).toMatchObject({ uid: 0, gid: 0 });
  expect(statSync(`${path}/user`)).toMatchObject({ uid: 1234, gid: 567 });
  const look = "stat -c %u:%g /v/root /v/user; head -1 /proc/self/uid_map | awk '{print $2}'";
  const [root, user, map] = (await ground.shell("fast", look)).split("\n");
  expect([root, user]).toEqual(["0:0", "1234:567"]);
  const { stdout } = await ground.daemon.sampan(["exec", first, "sh", "-c", look]);
  const [theirRoot, theirUser, theirMap] = stdout.trim().split("\n");
  expect([theirRoot, theirUser]).toEqual(["0:0", "1234:567"]);
  // Before Linux 6.3 there are no mappings for memory: both are in the host's user namespace.
  expect(theirMap !== map || map === "0").toBe(true);
  expect(await ground.shell("fast", look, "--userns=host")).toContain("0:0\n1234:567");

  await ground.user.json("POST", `/containers/${first}/stop?t=0`);
  expect(mountsOn(path)).toEqual([]);
  expect(await ground.shell("fast", "ls /v | wc -l")).toBe("0");
});

test("what runs keeps its mount when the daemon dies, and nothing else stays mounted", async () => {
  await using ground = await Ground.make();
  for (const name of ["kept", "lost"]) await ground.volume(name, TMPFS);
  const runs = await ground.sleep("kept");
  const ends = await ground.sleep("lost");
  await ground.daemon.sampan(["exec", runs, "sh", "-c", "echo old > /v/file"]);
  const { State } = await ground.user.inspect(ends);
  await ground.daemon.kill();
  process.kill(State.Pid, "SIGKILL");
  expect(mountsOn(ground.pathOf("lost"))).toHaveLength(1);

  await ground.daemon.startAgain();
  await waitUntil("the end is noted", () => mountsOn(ground.pathOf("lost")).length === 0);
  expect(mountsOn(ground.pathOf("kept"))).toHaveLength(1);
  expect(await ground.shell("kept", "cat /v/file")).toBe("old");
  await ground.user.remove(runs);
  expect(mountsOn(ground.pathOf("kept"))).toEqual([]);
});

test("many that start and stop at once share one mount, which goes with the last", async () => {
  await using ground = await Ground.make();
  await ground.volume("busy", TMPFS);
  const path = ground.pathOf("busy");
  const first = await ground.sleep("busy");
  await ground.daemon.sampan(["exec", first, "sh", "-c", "echo here > /v/file"]);
  const runs = Array.from({ length: 12 }, () => ground.shell("busy", "cat /v/file"));
  expect(new Set(await Promise.all(runs))).toEqual(new Set(["here"]));
  expect(mountsOn(path)).toHaveLength(1);
  await ground.user.remove(first);
  expect(mountsOn(path)).toEqual([]);
  const together = Array.from({ length: 8 }, () => ground.shell("busy", "true"));
  expect(new Set(await Promise.all(together))).toEqual(new Set([""]));
  expect(mountsOn(path)).toEqual([]);
  // What is mounted for nobody but a start that fails goes with that, too.
  expect(await ground.shell("busy", "true", "--entrypoint", "/no/such")).toStartWith("127");
  expect(mountsOn(path)).toEqual([]);
});

test("a directory of the host keeps its owners, and what is in it when the volume goes", async () => {
  await using ground = await Ground.make();
  using host = new TemporaryDirectory();
  mkdirSync(join(host.path, "sub"));
  await mustRun(["sh", "-c", "echo x > file; chown 5:6 file"], { cwd: host.path });
  await ground.volume("bound", { type: "none", device: host.path, o: "bind" });
  const line = "stat -c %u:%g /v/file; touch /v/new; awk '{print $2}' /proc/self/uid_map";
  const [owner, map] = (await ground.shell("bound", line)).split("\n");
  expect(owner).toBe("5:6");
  expect(Number(map)).toBeGreaterThan(0);
  expect(statSync(join(host.path, "new"))).toMatchObject({ uid: 0, gid: 0 });

  await ground.volume("readonly", { type: "none", device: host.path, o: "bind,ro" });
  expect(await ground.shell("readonly", "touch /v/no; cat /v/file")).toContain("x");
  await ground.user.json("DELETE", "/volumes/bound");
  expect(readFileSync(join(host.path, "file"), "utf8")).toBe("x\n");
  expect(await ground.user.json("GET", "/system/df")).toMatchObject({ Volumes: [] });
});

test("what an image has at the place is copied into a device that is empty, and only then", async () => {
  await using ground = await Ground.make();
  using host = new TemporaryDirectory();
  await ground.volume("bound", { type: "none", device: host.path, o: "bind" });
  const args = ["run", "--rm", "-v", "bound:/etc", "busybox", "sh", "-c", "echo mine > /etc/group"];
  expect((await ground.daemon.sampan(args)).status).toBe(0);
  expect(readFileSync(join(host.path, "passwd"), "utf8")).toContain("root:x:0");
  expect(mountsOn(ground.pathOf("bound"))).toEqual([]);
  expect((await ground.daemon.sampan([...args.slice(0, -1), "cat /etc/group"])).stdout).toBe(
    "mine\n",
  );
});

test("what cannot be mounted is told in Docker's words, and leaves nothing", async () => {
  await using ground = await Ground.make();
  const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ type: "none", device: "/no/such", o: "bind" }, "flags: 0x1000: no such file or directory"],
    [
      { type: "ext4", device: "/dev/zero", o: "ro,noatime,data=ordered" },
      "flags: 0x401, data: data=ordered: block device required",
    ],
    [{ type: "nosuchfs", device: "x" }, "no such device (this kernel has no file system"],
  ];
  for (const [index, [options, reason]] of cases.entries()) {
    const name = `bad${index}`;
    await ground.volume(name, options);
    const path = ground.pathOf(name);
    const mounting = `failed to mount local volume: mount ${options["device"]}:${path}, `;
    const id = await ground.user.create("true", { HostConfig: { Binds: [`${name}:/v`] } });
    const { status, message } = await ground.user.ask("POST", `/containers/${id}/start`);
    expect(status).toBe(500);
    expect(message).toContain(`error while mounting volume '${path}': failed to mount`);
    expect(message).toContain(reason);
    if (index < 2) expect(message).toContain(mounting);
    // Where something is to be copied it is mounted for that.
    const body = { Image: "busybox", HostConfig: { Binds: [`${name}:/etc`] } };
    expect((await ground.user.ask("POST", "/containers/create", body)).message).toContain(reason);
    await ground.user.remove(id);
    await ground.user.json("DELETE", `/volumes/${name}`);
  }
  await ground.volume("far", { type: "nfs", device: ":/x", o: "addr=no-host.invalid,soft" });
  expect(await ground.shell("far", "true")).toContain(
    "error resolving passed in network volume address",
  );
});

for (const name of ["ext4", "xfs", "btrfs"] as const satisfies readonly DiskName[]) {
  const missing = await SmallDisk.findMissing(name).catch(() => "not root");
  testIf(missing === undefined, missing ?? "")(`a disk with ${name} is mounted`, async () => {
    await using ground = await Ground.make();
    using disk = await SmallDisk.mount(16, name);
    const device = (await mustRun(["findmnt", "-no", "SOURCE", disk.path])).trim();
    writeFileSync(join(disk.path, "there"), "already");
    await ground.volume("disk", { type: name, device });
    const line = "cat /v/there; touch /v/new; awk '{print $2}' /proc/self/uid_map";
    const [content = "", map] = (await ground.shell("disk", line))
      .replace("already", "already\n")
      .split("\n");
    expect([content, Number(map) > 0]).toEqual(["already", true]);
    expect(statSync(join(disk.path, "new"))).toMatchObject({ uid: 0, gid: 0 });
    expect(mountsOn(ground.pathOf("disk"))).toEqual([]);
  });
}

describe("size= of a volume", async () => {
  const name = "ext4 with project quotas";
  const missing = await SmallDisk.findMissing(name).catch(() => "not root");
  testIf(missing === undefined, missing ?? "")("holds where the data root has quotas", async () => {
    using disk = await SmallDisk.mount(96, name);
    await using daemon = await TestDaemon.startWithBusybox("--data-root", disk.path);
    const run = async (volume: string) => {
      const write = "dd if=/dev/zero of=/v/big bs=1M count=24 && echo all";
      return await daemon.sampan([
        "run",
        "--rm",
        "-v",
        `${volume}:/v`,
        "busybox",
        "sh",
        "-c",
        write,
      ]);
    };
    await daemon.sampan(["volume", "create", "--opt", "size=8m", "small"]);
    expect((await run("small")).stderr.toLowerCase()).toMatch(/no space left|quota exceeded/);
    expect((await run("large")).stdout).toBe("all\n");
    for (const volume of ["small", "large"]) {
      expect((await daemon.sampan(["volume", "rm", volume])).status).toBe(0);
    }
  });
});
