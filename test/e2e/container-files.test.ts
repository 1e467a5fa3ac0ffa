// Files into containers and out of them, and what containers have changed, against a whole daemon.

import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
import { makeTar, readTar, tarDirectory, tarFile, tarLink, tarSymlink } from "../support/tar.ts";
import { TemporaryDirectory } from "../support/temporary-directory.ts";
import { testIf } from "../support/test-if.ts";
import { waitUntil } from "../support/wait-until.ts";

const isRoot = process.getuid?.() === 0;
const test = testIf(isRoot, "not root");

let daemon: TestDaemon;
let user: ApiUser;

beforeAll(async () => {
  if (!isRoot) return;
  daemon = await TestDaemon.startWithBusybox();
  user = new ApiUser(daemon);
});
afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

const archive = (id: string, path: string, more = "") =>
  `/containers/${id}/archive?path=${encodeURIComponent(path)}${more}`;

async function get(id: string, path: string) {
  const answer = await daemon.fetch(archive(id, path), {
    headers: { "accept-encoding": "identity" },
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return answer.ok ? readTar(bytes) : `${answer.status} ${bytes}`;
}

async function put(place: readonly [string, string], body: Uint8Array, more = "") {
  const answer = await daemon.fetch(archive(...place, more), { method: "PUT", body });
  return `${answer.status} ${await answer.text()}`.trim();
}

/** A container that has done what a shell line says, and runs on. */
async function runReady(line: string, config: object = {}): Promise<string> {
  const id = await user.run(`${line}; touch /tmp/ready; exec sleep 1000`, config);
  await waitUntil("the container is ready", async () => {
    return (await daemon.fetch(archive(id, "/tmp/ready"), { method: "HEAD" })).ok;
  });
  return id;
}

async function inside(id: string, line: string): Promise<string> {
  const { stdout, stderr } = await daemon.sampan(["exec", id, "sh", "-c", line]);
  return `${stdout}${stderr}`.trim();
}

const FILES = [
  tarDirectory("d", { mode: 0o2750, uid: 7, gid: 8 }),
  tarFile({ name: "d/file", mode: 0o4711, uid: 1000, gid: 1001, mtimeNs: 5_000_000_123n }, "hello"),
  tarLink("d/second", "d/file"),
  tarSymlink("d/link", "/etc/passwd"),
  tarFile({ name: "d/pipe", kind: "fifo" }),
];
const LOOK = "cd /PLACE/d && stat -c '%n %F %a %u:%g %h %Y' . * && cat second";
const SEEN =
  ". directory 2750 7:8 2 0\nfile regular file 4711 1000:1001 2 5\nlink symbolic link 777 0:0 1 0\n" +
  "pipe fifo 644 0:0 1 0\nsecond regular file 4711 1000:1001 2 5\nhello";

test("files keep what they are wherever they go, and come back as they went", async () => {
  using host = new TemporaryDirectory();
  const id = await runReady("mkdir /root/in", {
    HostConfig: { Binds: ["vol:/vol", `${host.path}:/bind`], Tmpfs: { "/tmp/fs": "" } },
  });
  const body = await makeTar(FILES);
  for (const place of ["root/in", "vol", "bind", "tmp/fs"]) {
    expect(await put([id, `/${place}`], body)).toBe("200");
    expect(await inside(id, LOOK.replace("PLACE", place))).toBe(SEEN);
    const entries = await get(id, `/${place}/d`);
    if (typeof entries === "string") throw new Error(entries);
    expect(entries.map(({ name, kind, mode, uid, gid }) => [name, kind, mode, uid, gid])).toEqual([
      ["d/", "directory", 0o2750, 7, 8],
      ["d/file", "file", 0o4711, 1000, 1001],
      ["d/link", "symlink", 0o777, 0, 0],
      ["d/pipe", "fifo", 0o644, 0, 0],
      ["d/second", "link", 0o4711, 1000, 1001],
    ]);
    expect(entries[1]?.mtimeNs).toBe(5_000_000_123n);
  }
  // On the host's disk ownership reads as in the container.
  const { uid, gid } = statSync(join(host.path, "d/file"));
  expect([uid, gid]).toEqual([1000, 1001]);
});

test("a container that was never started, and one that has ended, have files too", async () => {
  const id = await user.create("cat /own/d/second /vol/deep/d/file; ls -n /own", {
    HostConfig: { Binds: ["deep:/vol/deep"] },
  });
  const body = await makeTar(FILES);
  expect(await put([id, "/own"], body)).toBe(
    `404 {"message":"Could not find the file /own in container ${id}"}`,
  );
  expect(await put([id, "/"], await makeTar([tarDirectory("own")]))).toBe("200");
  expect(await put([id, "/own"], body)).toBe("200");
  expect(await put([id, "/vol/deep"], body)).toBe("200");
  await user.json("POST", `/containers/${id}/start`);
  await user.json("POST", `/containers/${id}/wait`);
  const { stdout } = await daemon.sampan(["logs", id]);
  expect(stdout).toContain("hellohello");
  expect(stdout).toMatch(/drwxr-s---\s+2 7\s+8/);
  expect(await get(id, "/vol/deep/d/file")).toMatchObject([{ name: "file", uid: 1000 }]);
});

test("what cannot be written is refused with Docker's words", async () => {
  const id = await user.create("true", {
    HostConfig: { ReadonlyRootfs: true, Binds: ["ww:/w", "rr:/r:ro"] },
  });
  const body = await makeTar([tarFile({ name: "f" }, "x")]);
  expect(await put([id, "/"], body)).toBe('403 {"message":"container rootfs is marked read-only"}');
  expect(await put([id, "/r"], body)).toBe('403 {"message":"mounted volume is marked read-only"}');
  expect(await put([id, "/w"], body)).toBe("200");
  expect(await put([id, "/w/f"], body)).toBe(
    '400 {"message":"extraction point is not a directory"}',
  );
  expect(await put([id, "/w"], Buffer.alloc(2048, 7))).toStartWith("400");

  const open = await runReady("mkdir -p /x/f");
  const more = "&noOverwriteDirNonDir=true";
  expect(await put([open, "/x"], body, more)).toContain(
    'cannot overwrite directory \\"f\\" with non-directory',
  );
  const directory = await makeTar([tarDirectory("f")]);
  expect(await put([open, "/x"], body)).toBe("200");
  expect(await put([open, "/x"], directory, more)).toContain(
    'cannot overwrite non-directory \\"f\\" with directory',
  );
  // From outside the mount would be taken away with the file.
  const hosts = await makeTar([tarFile({ name: "hosts" }, "mine")]);
  expect(await put([open, "/etc"], hosts)).toContain("device or resource busy");
  expect(await inside(open, "cat /etc/hosts")).toContain("localhost");
});

test("with copyUIDGID all becomes the user's", async () => {
  const id = await runReady("mkdir /tmp/x", { User: "12:34" });
  await put([id, "/tmp/x"], await makeTar(FILES), "&copyUIDGID=1");
  expect(await inside(id, "stat -c %u:%g /tmp/x/d /tmp/x/d/file | uniq")).toBe("12:34");
});

test("neither an archive nor a container's links lead out of the container", async () => {
  using host = new TemporaryDirectory();
  const secret = join(host.path, "secret");
  writeFileSync(secret, "secret", { mode: 0o600 });
  const id = await runReady(
    `mkdir /d; ln -s ${host.path} /way; ln -s ../../../../..${host.path} /d/way; ` +
      "ln -s /proc/1/root /d/proc; ln -s /proc/sys/kernel /d/sys",
  );
  for (const path of ["/way/secret", "/d/way/secret", `/d/proc${secret}`, "/d/sys/hostname"]) {
    expect(await get(id, path)).toStartWith("404");
  }
  const evil = await makeTar([
    tarFile({ name: "../../../..".concat(secret) }, "evil"),
    tarSymlink("to", host.path),
    tarFile({ name: "to/secret" }, "evil"),
    tarLink("hard", secret),
  ]);
  await put([id, "/d"], evil);
  for (const path of ["/way", "/d/way", "/d/proc", "/d/sys"]) {
    await put([id, path], await makeTar([tarFile({ name: "core_pattern" }, "evil")]));
  }
  expect(readFileSync(secret, "utf8")).toBe("secret");
  expect(readFileSync("/proc/sys/kernel/core_pattern", "utf8")).not.toContain("evil");
  // The kernel's own files are left out, as in Docker.
  expect(await get(id, "/proc")).toMatchObject([{ name: "proc/" }]);
  expect(await get(id, "/sys")).toMatchObject([{ name: "sys/" }]);
});

test("a container that swaps directories for links meanwhile gains nothing", async () => {
  using host = new TemporaryDirectory();
  mkdirSync(join(host.path, "d"));
  writeFileSync(join(host.path, "d/file"), "secret");
  const swap = `mkdir -p /t/d /t/e; echo own > /t/d/file; ln -s ${host.path}/d /t/l; cd /t; while :; do mv d x; mv l d; mv d l; mv x d; done`;
  const id = await user.run(swap);
  const evil = await makeTar([tarFile({ name: "d/file" }, "evil"), tarDirectory("d/new")]);
  for (let i = 0; i < 60; i++) {
    const entries = await get(id, "/t/d/file");
    if (typeof entries !== "string") expect(String(entries[0]?.content)).not.toContain("secret");
    await put([id, "/t"], evil);
    await get(id, "/t");
  }
  expect(readFileSync(join(host.path, "d/file"), "utf8")).toBe("secret");
  expect(await mustRun(["find", host.path, "-name", "new"])).toBe("");
});

test("a request that is given up gives the container back", async () => {
  const id = await user.create("head -c 30000000 /dev/zero > /big");
  await user.json("POST", `/containers/${id}/start`);
  await user.json("POST", `/containers/${id}/wait`);
  const leave = new AbortController();
  const answer = await daemon.fetch(archive(id, "/"), { signal: leave.signal });
  await answer.body?.getReader().read();
  leave.abort();
  // It waits for whoever reads; so this is only answered when nobody does.
  await user.json("DELETE", `/containers/${id}`);
});

test("changes and export tell of the root alone", async () => {
  const id = await runReady(
    "echo x > /new; chown 5:6 /new; rm -r /usr; echo y > /vol/in; echo z > /etc/hosts",
    { HostConfig: { Binds: ["exported:/vol"] } },
  );
  const changes = await user.json("GET", `/containers/${id}/changes`);
  expect(changes).toEqual([
    { Path: "/new", Kind: 1 },
    { Path: "/tmp", Kind: 0 },
    { Path: "/tmp/ready", Kind: 1 },
    { Path: "/usr", Kind: 2 },
    { Path: "/vol", Kind: 1 },
  ]);
  const answer = await daemon.fetch(`/containers/${id}/export`);
  const entries = readTar(Buffer.from(await answer.arrayBuffer()));
  const find = (name: string) => entries.find((entry) => entry.name === name);
  expect(find("new")).toMatchObject({ uid: 5, gid: 6 });
  expect(find("etc/hosts")?.size).toBe(0);
  expect([find("vol/")?.kind, find("vol/in"), find("usr/")]).toEqual([
    "directory",
    undefined,
    undefined,
  ]);
});

test("a commit is an image of what the container is, with its words changed", async () => {
  const id = await runReady(
    "mkdir /own; echo x > /own/f; chown 5:6 /own/f; chmod 4755 /own/f; rm /bin/vi; rm -r /usr",
    { Env: ["A=1", "B=2"], Labels: { l: "m" } },
  );
  const query = new URLSearchParams({ container: id, repo: "made", tag: "1", author: "me" });
  query.append("changes", 'CMD ["cat", "/own/f"]');
  query.append("changes", "ENV B=3 C=4");
  const { Id } = await user.json("POST", `/commit?${query}`);
  const image = await user.json("GET", "/images/made:1/json");
  expect(image.Id).toBe(Id);
  expect(image.Config).toMatchObject({ Cmd: ["cat", "/own/f"], Labels: { l: "m" } });
  expect(image.Config.Env.toSorted()).toEqual(["A=1", "B=3", "C=4"]);
  expect([image.Author, image.RootFS.Layers.length]).toEqual(["me", 2]);
  const run = ["run", "--rm", "made:1"];
  expect((await daemon.sampan(run)).stdout).toBe("x\n");
  const look = "stat -c '%a %u:%g' /own/f; ls /usr /bin/vi 2>&1";
  expect((await daemon.sampan([...run, "sh", "-c", look])).stdout).toContain("4755 5:6\n");
  expect((await daemon.sampan([...run, "ls", "/usr"])).status).not.toBe(0);
  // It goes on where it was halted.
  expect(await inside(id, "echo alive")).toBe("alive");
});

test("a container that changed nothing is committed without a layer", async () => {
  const id = await user.create("true");
  const { Id } = await user.json("POST", `/commit?container=${id}`, { Cmd: ["other"] });
  const image = await user.json("GET", `/images/${Id}/json`);
  expect([image.RootFS.Layers.length, image.Config.Cmd]).toEqual([1, ["other"]]);
  const [newest] = await user.json("GET", `/images/${Id}/history`);
  expect(newest.Size).toBe(0);
});

test("where images are copied, files, changes and commits are the same", async () => {
  await using copying = await TestDaemon.startWithBusybox("--storage-driver", "copy");
  const say = async (...args: readonly string[]) => {
    const { stdout, stderr } = await copying.sampan(args);
    return `${stdout}${stderr}`.trim();
  };
  const line = "rm -r /usr; echo x > /new; chown 5:6 /new; chmod 600 /etc/passwd; ln /new /second";
  await say("run", "--name", "copied", "busybox", "sh", "-c", line);
  const changes = "C /etc\nC /etc/passwd\nA /new\nA /second\nD /usr";
  expect(await say("diff", "copied")).toBe(changes);
  const put = await copying.fetch(archive("copied", "/etc"), {
    method: "PUT",
    body: await makeTar([tarFile({ name: "mine", uid: 7, gid: 8 }, "in")]),
  });
  expect(put.status).toBe(200);
  expect(await say("commit", "copied", "recopied")).toMatch(/^sha256:/);
  const look = "stat -c '%u:%g %h' /new /etc/mine; cat /etc/mine; ls /usr";
  expect(await say("run", "--rm", "recopied", "sh", "-c", look)).toBe(
    "5:6 2\n7:8 1\nin" + "ls: /usr: No such file or directory",
  );
});

test("files are read while their container is on its way from running to ended", async () => {
  const user = new ApiUser(daemon);
  for (let count = 0; count < 10; count += 1) {
    const id = await user.run("exec sleep 1000");
    const kill = user.ask("POST", `/containers/${id}/kill`);
    const reads = Array.from({ length: 12 }, () =>
      user.ask("GET", `/containers/${id}/archive?path=/etc/group`),
    );
    const statuses = (await Promise.all(reads)).map(({ status }) => status);
    expect((await kill).status).toBe(204);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await user.remove(id);
  }
});
