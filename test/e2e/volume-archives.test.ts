// What is in a volume, as an archive and back, and single files without a container.

import { afterAll, beforeAll, expect } from "bun:test";
import { readFileSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
import { makeTar, tarFile, tarSymlink } from "../support/tar.ts";
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

async function say(args: readonly string[], stdin?: Uint8Array): Promise<string> {
  const { status, stdout, stderr } = await daemon.sampan(
    args,
    stdin === undefined ? {} : { stdin },
  );
  return status === 0 ? stdout.trim() : `${status}: ${stdout}${stderr}`.trim();
}

const inVolume = (name: string, line: string) =>
  say(["run", "--rm", "-v", `${name}:/v`, "busybox", "sh", "-c", line]);

test("a volume that is exported and imported reads the same to a container", async () => {
  using directory = new TemporaryDirectory();
  const archive = join(directory.path, "volume.tar");
  const fill =
    "cd /v; mkdir d; echo x > d/file; chown 1000:1001 d/file; chmod 4750 d/file; ln d/file second; " +
    "ln -s d/file link; head -c 2000000 /dev/zero > big; chmod 700 .; chown 999 .";
  await inVolume("from", fill);
  expect(await say(["volume", "export", "-o", archive, "from"])).toBe("");
  expect(await mustRun(["tar", "-tf", archive])).toContain("./d/file\n");
  await say(["volume", "create", "to"]);
  expect(await say(["volume", "import", "to", archive])).toBe("");
  const look = "cd /v; find . | sort | xargs stat -c '%n %F %a %u:%g %s %Y'; cat second";
  expect(await inVolume("to", look)).toBe(await inVolume("from", look));

  await mustRun(["gzip", archive]);
  await say(["volume", "create", "zipped"]);
  const packed = readFileSync(`${archive}.gz`);
  expect(await say(["volume", "import", "zipped", "-"], packed)).toBe("");
  expect(await inVolume("zipped", look)).toBe(await inVolume("from", look));
});

test("what is not there, and what is no archive, is told", async () => {
  await say(["volume", "create", "plain"]);
  expect(await say(["volume", "export", "none"])).toContain("get none: no such volume");
  expect(await say(["volume", "import", "none", "-"], Buffer.from(""))).toContain("no such volume");
  expect(await say(["volume", "import", "plain", "/no/such"])).toContain(
    "no such file or directory",
  );
  const junk = await say(["volume", "import", "plain", "-"], Buffer.alloc(2048, 7));
  expect(junk).toContain("Cannot read the archive");
  expect(await user.ask("GET", "/volumes/plain/export?path=x/y")).toMatchObject({
    status: 404,
    message: 'no such file or directory: "x/y"',
  });
});

test("a hostile archive leaves nothing outside of the volume", async () => {
  using directory = new TemporaryDirectory();
  const secret = join(directory.path, "secret");
  writeFileSync(secret, "secret", { mode: 0o600 });
  await say(["volume", "create", "trap"]);
  const { Mountpoint } = await user.json("GET", "/volumes/trap");
  symlinkSync(directory.path, join(Mountpoint, "set-before"));
  const archive = await makeTar([
    tarFile({ name: "set-before/secret", mode: 0o777 }, "evil"),
    tarSymlink("way", directory.path),
    tarFile({ name: "way/secret", mode: 0o777 }, "evil"),
    tarFile({ name: "../../../../../../../../etc/sampan-was-here" }, "evil"),
    tarFile({ name: secret, mode: 0o777 }, "evil"),
  ]);
  await say(["volume", "import", "trap", "-"], archive);
  expect(readFileSync(secret, "utf8")).toBe("secret");
  expect(await Bun.file("/etc/sampan-was-here").exists()).toBe(false);
  const { body } = await daemon.fetch("/volumes/trap/export?path=way");
  expect(Buffer.from(await new Response(body).arrayBuffer()).includes("secret\0")).toBe(false);
});

test("a volume that is being exported cannot be removed, and is free when the client has gone", async () => {
  await say(["volume", "create", "large"]);
  const { Mountpoint } = await user.json("GET", "/volumes/large");
  writeFileSync(join(Mountpoint, "file"), "");
  // More than all the buffers on the way to a client take.
  truncateSync(join(Mountpoint, "file"), 4e9);
  const stop = new AbortController();
  const answer = await daemon.fetch("/volumes/large/export", { signal: stop.signal });
  const reader = answer.body?.getReader();
  await reader?.read();
  const refused = await user.ask("DELETE", "/volumes/large");
  expect([refused.status, refused.message]).toEqual([
    409,
    expect.stringMatching(/^remove large: volume is in use - \[export [0-9a-f]{12}\]$/),
  ]);
  stop.abort();
  await reader?.read().catch(() => undefined);
  const isGone = async () => (await user.ask("DELETE", "/volumes/large")).status === 204;
  await waitUntil("the volume is free", isGone);
});

test("a volume with a device is mounted for it", async () => {
  const options = ["--opt", "type=tmpfs", "--opt", "device=tmpfs"];
  await say(["volume", "create", ...options, "memory"]);
  const id = await user.run("sleep 1000", { HostConfig: { Binds: ["memory:/v"] } });
  await say(["volume", "import", "memory", "-"], await makeTar([tarFile({ name: "f" }, "in it")]));
  expect(await say(["exec", id, "cat", "/v/f"])).toBe("in it");
  await user.remove(id);
  expect(await say(["volume", "export", "memory"])).not.toContain("in it");
  await user.json("DELETE", "/volumes/memory");
});

test("files are copied into a volume and out of it without a container", async () => {
  using directory = new TemporaryDirectory();
  const run = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await daemon.sampan(["volume", "cp", ...args], {
      cwd: directory.path,
    });
    return status === 0 ? stdout : `${status}: ${stderr}`;
  };
  await mustRun(["sh", "-c", "mkdir -p d/sub; echo one > d/sub/file; echo two > f; chown 7:8 f"], {
    cwd: directory.path,
  });
  await say(["volume", "create", "copies"]);
  expect(await run("d", "copies:")).toBe("");
  expect(await run("d/.", "copies:other")).toBe("");
  expect(await run("f", "copies:d/renamed")).toBe("");
  expect(await run("-a", "f", "copies:d")).toBe("");
  const look = "cd /v; find * -type f | sort | xargs stat -c '%n %u:%g'";
  expect((await inVolume("copies", look)).split("\n")).toEqual([
    "d/f 7:8",
    "d/renamed 0:0",
    "d/sub/file 0:0",
    "other/sub/file 0:0",
  ]);
  expect(await run("copies:d/sub", "back")).toBe("");
  expect(readFileSync(join(directory.path, "back/file"), "utf8")).toBe("one\n");
  expect(await run("copies:d/f", ".")).toBe("");
  expect(await run("copies:d", "d")).toBe("");
  expect(readFileSync(join(directory.path, "d/d/renamed"), "utf8")).toBe("two\n");
  expect(await run("copies:nothing", "x")).toContain('no such file or directory: "nothing"');
  expect(await run("copies:d", "f")).toContain("cannot copy directory");
  expect(await run("f", "copies:no/such/f")).toContain('no such directory: "no/such/"');
  expect(await run("f", "g")).toContain("one of the two must be VOLUME:PATH");
});

test("system prune takes anonymous volumes along where that is asked for", async () => {
  const anonymous = await say(["volume", "create"]);
  await say(["volume", "create", "stays"]);
  expect(await say(["system", "prune", "-f"])).not.toContain("Deleted Volumes");
  const until = ["system", "prune", "-f", "--volumes", "--filter", "until=1h"];
  expect(await say(until)).toContain('The "until" filter is not supported with "--volumes"');
  const pruned = await say(["system", "prune", "--volumes"], Buffer.from("y\n"));
  expect(pruned).toContain("  - all anonymous volumes not used by at least one container\n");
  expect(pruned).toContain(`Deleted Volumes:\n${anonymous}\n`);
  expect(await say(["volume", "ls", "-q", "--filter", "name=stays"])).toBe("stays");
});
