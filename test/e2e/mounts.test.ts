// What `--mount` can say of binds, volumes and memory, seen from inside.

import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";

const isRoot = process.getuid?.() === 0;
const test = testIf(isRoot, "not root");

let daemon: TestDaemon;

beforeAll(async () => {
  if (!isRoot) return;
  daemon = await TestDaemon.startWithBusybox();
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

/** What a shell line writes in a new container with a mount; where it fails, how. */
async function shell(mount: string, line: string, ...more: readonly string[]): Promise<string> {
  const flags = mount.startsWith("-") ? mount.split(" ") : ["--mount", mount];
  const args = ["run", "--rm", ...flags, ...more, "busybox", "sh", "-c", line];
  const { status, stdout, stderr } = await daemon.sampan(args);
  return status === 0 ? stdout.trim() : `${status}: ${stdout}${stderr}`;
}

/** A mount of its own on the host that is shared, with a second one in it. */
class SharedMount implements AsyncDisposable {
  readonly #directory = new TemporaryDirectory();
  readonly path = join(this.#directory.path, "shared mount");

  static async make(): Promise<SharedMount> {
    const made = new SharedMount();
    mkdirSync(made.path);
    await mustRun(["mount", "-t", "tmpfs", "none", made.path]);
    await mustRun(["mount", "--make-shared", made.path]);
    mkdirSync(join(made.path, "below"));
    return made;
  }

  async mountBelow(): Promise<void> {
    const below = join(this.path, "below");
    await mustRun(["mount", "-t", "tmpfs", "none", below]);
    writeFileSync(join(below, "file"), "below\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await mustRun(["umount", "-R", this.path]);
    this.#directory[Symbol.dispose]();
  }
}

test("a part of a volume can be mounted, and no link in it leads out", async () => {
  const fill = "mkdir -p /v/a/b; echo deep > /v/a/b/file; ln -s a/b /v/good; echo one > /v/one";
  await shell("type=volume,src=parts,dst=/v", fill);
  const { Mountpoint } = JSON.parse(
    (await daemon.sampan(["volume", "inspect", "--format", "json", "parts"])).stdout,
  )[0];
  symlinkSync("/etc", join(Mountpoint, "absolute"));
  symlinkSync("../../..", join(Mountpoint, "climbing"));
  symlinkSync("/proc/self/root", join(Mountpoint, "a/magic"));
  const part = (subpath: string) => `type=volume,src=parts,dst=/v,volume-subpath=${subpath}`;

  expect(await shell(part("a/b"), "cat /v/file; touch /v/new; ls /v")).toBe("deep\nfile\nnew");
  expect(await shell(part("good"), "ls /v")).toBe("file\nnew");
  expect(await shell(part("a/../a/b/"), "ls /v")).toBe("file\nnew");
  expect(await shell(part("one"), "cat /v")).toBe("one");
  expect(await shell(`${part("a")},readonly`, "touch /v/x || echo no")).toContain("no");
  for (const trap of ["absolute", "climbing", "climbing/etc", "a/magic"]) {
    expect(await shell(part(trap), "ls /v")).toContain(
      "path concatenation escapes the base directory",
    );
  }
  expect(await shell(part("no/such"), "true")).toContain(
    `cannot access path ${Mountpoint}/no/such: lstat ${Mountpoint}/no/such: no such file or directory`,
  );
  expect(await shell(part("../x"), "true")).toContain(
    "subpath must be a relative path within the volume",
  );
});

test("an empty part is filled from the image, and one with something in it is not", async () => {
  await shell("type=volume,src=filled,dst=/v", "mkdir /v/empty /v/full; echo mine > /v/full/x");
  const part = (subpath: string) => `type=volume,src=filled,dst=/etc,volume-subpath=${subpath}`;
  expect(await shell(part("empty"), "grep -c root /etc/passwd; stat -c %u /etc/passwd")).toBe(
    "1\n0",
  );
  expect(await shell(part("full"), "ls /etc/passwd || true")).not.toContain("passwd\n");
  expect(await shell(`${part("empty")},volume-nocopy`, "grep -c root /etc/passwd")).toBe("1");
});

test("a volume is made as --mount says", async () => {
  const mount =
    "type=volume,src=made,dst=/v,volume-driver=local,volume-label=a=b," +
    "volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-opt=o=size=64k";
  expect(await shell(mount, "df -k /v | tail -1 | awk '{print $2}'")).toBe("64");
  const { stdout } = await daemon.sampan(["volume", "inspect", "made"]);
  expect(JSON.parse(stdout)).toMatchObject([
    { Labels: { a: "b" }, Options: { type: "tmpfs", device: "tmpfs", o: "size=64k" } },
  ]);
  expect(await shell("type=volume,src=other,dst=/v,volume-driver=foo", "true")).toContain(
    'error looking up volume plugin foo: plugin "foo" not found',
  );
});

test("read-only is so in what is mounted beneath, unless it is asked not to be", async () => {
  await using host = await SharedMount.make();
  await host.mountBelow();
  const bind = `type=bind,src=${host.path},dst=/b`;
  const write = "for d in /b /b/below; do touch $d/x 2>/dev/null && echo $d; done; true";
  const run = (more: string) => shell(`${bind}${more}`, write);
  expect(await run("")).toBe("/b\n/b/below");
  expect(await run(",readonly")).toBe("");
  expect(await run(",readonly,bind-recursive=enabled")).toBe("");
  expect(await run(",readonly,bind-recursive=writable")).toBe("/b/below");
  expect(await run(",readonly,bind-recursive=readonly,bind-propagation=rprivate")).toBe("");
  expect(await shell(`${bind},bind-recursive=disabled`, "ls /b/below | wc -l")).toBe("0");
  expect(await shell(`${bind},bind-nonrecursive`, "ls /b/below | wc -l")).toBe("0");
  expect(await run(",bind-recursive=writable")).toContain("requires 'readonly' to be specified");
  expect(await run(",readonly,consistency=cached")).toBe("");
  // As it was before there was a choice.
  const HostConfig = { Binds: [`${host.path}:/b:ro`], AutoRemove: false };
  const body = { Image: "busybox", Cmd: ["sh", "-c", "touch /b/below/x"], HostConfig };
  const user = new ApiUser(daemon);
  const { Id } = await user.json("POST", "/v1.43/containers/create", body);
  await user.json("POST", `/containers/${Id}/start`);
  expect(await user.wait(Id)).toBe(0);
  await user.remove(Id);
});

test("mounts come and go between host and container as the propagation says", async () => {
  await using host = await SharedMount.make();
  const modes = ["private", "rprivate", "slave", "rslave", "shared", "rshared"];
  for (const mode of modes) {
    const mount = `type=bind,src=${host.path},dst=/b,bind-propagation=${mode}`;
    const args = ["run", "-d", "--name", mode, "--mount", mount, "busybox", "sleep", "1000"];
    expect(await daemon.sampan(args)).toMatchObject({ status: 0 });
  }
  await host.mountBelow();
  const seen: string[] = [];
  for (const mode of modes) {
    const { stdout } = await daemon.sampan(["exec", mode, "ls", "/b/below"]);
    if (stdout === "file\n") seen.push(mode);
    await daemon.sampan(["rm", "-f", mode]);
  }
  expect(seen).toEqual(["slave", "rslave", "shared", "rshared"]);

  const mount = `type=bind,src=${host.path},dst=/b,bind-propagation=rshared`;
  const line = "mkdir /b/inner && mount -t tmpfs none /b/inner && touch /b/inner/from-inside";
  expect(await shell(mount, line, "--privileged")).toBe("");
  expect(await mustRun(["ls", join(host.path, "inner")])).toBe("from-inside\n");
});

test("what the host does not share cannot be shared", async () => {
  using directory = new TemporaryDirectory();
  await mustRun(["mount", "-t", "tmpfs", "none", directory.path]);
  try {
    await mustRun(["mount", "--make-private", directory.path]);
    const path = join(directory.path, "sub");
    mkdirSync(path);
    const on = `path ${path} is mounted on ${directory.path} but it is not a`;
    expect(await shell(`-v ${path}:/b:shared`, "true")).toContain(`${on} shared mount`);
    expect(await shell(`-v ${path}:/b:rslave`, "true")).toContain(`${on} shared or slave mount`);
    expect(await shell(`-v ${path}:/b:rprivate`, "echo fine")).toBe("fine");
  } finally {
    await mustRun(["umount", directory.path]);
  }
});

test("memory is mounted with the options that it is asked with", async () => {
  const look = "grep ' /t ' /proc/mounts | cut -d' ' -f4; stat -c '%a %u:%g' /t";
  const sized = await shell("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1700", look);
  expect(sized).toContain("size=1024k");
  expect(sized).toContain("nosuid,nodev,noexec");
  expect(sized).toEndWith("1700 0:0");
  const owned = await shell("--tmpfs /t:exec,uid=5,gid=6,mode=750,size=64k,nr_inodes=10", look);
  expect(owned).toContain("nr_inodes=10");
  expect(owned).not.toContain("noexec");
  expect(owned).toEndWith("750 5:6");
  expect(await shell("--tmpfs /t:colour=red", "true")).toContain("invalid tmpfs option");
  expect(await shell("type=tmpfs,dst=/t,readonly", "touch /t/x || echo no")).toContain("no");

  const user = new ApiUser(daemon);
  const TmpfsOptions = { SizeBytes: 65_536, Options: [["exec"], ["uid", "7"]] };
  const Mounts = [{ Type: "tmpfs", Target: "/t", TmpfsOptions }];
  const line = "test $(stat -c %u /t) = 7 && ! grep ' /t ' /proc/mounts | grep noexec";
  const id = await user.run(line, { HostConfig: { Mounts } });
  expect(await user.wait(id)).toBe(0);
  await user.remove(id);
});

test("an image is mounted as it is, read-only, with the owners that it has", async () => {
  using directory = new TemporaryDirectory();
  const make =
    "mkdir -p data/sub; echo from the image > data/file; chown 5:6 data/file; ln -s / data/up";
  await mustRun(["sh", "-c", `${make}; tar cf image.tar data`], { cwd: directory.path });
  await daemon.sampan(["import", join(directory.path, "image.tar"), "content:1"]);
  const mount = "type=image,src=content:1,dst=/i";
  const look = "ls /i; stat -c '%u:%g' /i/data/file; cat /i/data/file; touch /i/x || echo no";
  expect(await shell(mount, look)).toContain("data\n5:6\nfrom the image\nno");
  expect(await shell(mount, look, "--userns=host")).toContain("data\n5:6\nfrom the image\nno");
  const part = (subpath: string) => `${mount},image-subpath=${subpath}`;
  expect(await shell(part("data"), "cat /i/file")).toBe("from the image");
  expect(await shell(part("data/file"), "cat /i")).toBe("from the image");
  expect(await shell(part("data/up"), "ls /i")).toContain("path concatenation escapes the base");
  expect(await shell(part("none"), "ls /i")).toContain("cannot access path");
  expect(await shell(part("../x"), "ls /i")).toContain("subpath must be a relative path");
  expect(await shell("type=image,src=none:1,dst=/i", "true")).toContain("No such image: none:1");
  expect(await shell("type=image,src=busybox,dst=/i", "/i/bin/echo two images")).toBe("two images");

  const user = new ApiUser(daemon);
  const Mounts = [{ Type: "image", Source: "content:1", Target: "/i" }];
  const id = await user.create("cat /i/data/file", { HostConfig: { Mounts } });
  expect((await user.inspect(id)).Mounts).toMatchObject([
    { Type: "image", Name: "content:1", Destination: "/i", RW: false },
  ]);
  const { stderr } = await daemon.sampan(["rmi", "-f", "content:1"]);
  expect(stderr).toContain("cannot be forced) - image is mounted in container");
  await daemon.sampan(["image", "prune", "-af"]);
  await user.json("POST", `/containers/${id}/start`);
  expect(await user.wait(id)).toBe(0);
  await user.remove(id);
  expect((await daemon.sampan(["rmi", "content:1"])).status).toBe(0);
  const old = { Image: "busybox", HostConfig: { Mounts } };
  expect(await user.ask("POST", "/v1.47/containers/create", old)).toMatchObject({
    status: 400,
    message: expect.stringContaining('Mount type "Image" needs API v1.48 or newer'),
  });
});
