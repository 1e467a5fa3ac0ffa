// Directories of the host that a container may write over but not change, and such that are its user's.

import { afterAll, beforeAll, expect } from "bun:test";
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiUser } from "../support/api-user.ts";
import { ensureBusyboxArchive } from "../support/busybox-image.ts";
import { TestDaemon } from "../support/daemon.ts";
import { mustRun } from "../support/run-program.ts";
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

function makeHome(): TemporaryDirectory {
  const home = new TemporaryDirectory();
  mkdirSync(join(home.path, "sub"));
  writeFileSync(join(home.path, "file"), "as it was\n");
  for (const name of ["", "file"]) chownSync(join(home.path, name), 1234, 1235);
  return home;
}

async function run(line: string, ...options: readonly string[]): Promise<string> {
  const args = ["run", "--rm", ...options, "busybox", "sh", "-c", line];
  const { stdout, stderr } = await daemon.sampan(args);
  return `${stdout}${stderr}`.trim();
}

test("what is written over a directory is gone at the end, and the directory as it was", async () => {
  using home = makeHome();
  const line =
    "cd /o; stat -c %u:%g . file; cat file; ls; echo x > file; rm -r sub; echo y > new; cat *";
  const bind = `${home.path}:/o:O`;
  for (const options of [[], ["--privileged"], ["--userns", "host"]]) {
    expect(await run(line, "-v", bind, ...options)).toBe(
      "1234:1235\n1234:1235\nas it was\nfile\nsub\nx\ny",
    );
  }
  expect(readFileSync(join(home.path, "file"), "utf8")).toBe("as it was\n");
  expect([existsSync(join(home.path, "sub")), existsSync(join(home.path, "new"))]).toEqual([
    true,
    false,
  ]);
});

test("each start begins anew, and cp sees what the container sees", async () => {
  using home = makeHome();
  const id = await user.run("ls /o > /seen; touch /o/new /o/done; exec sleep 1000", {
    HostConfig: { Binds: [`${home.path}:/o:O`] },
  });
  for (let start = 0; start < 2; start++) {
    const get = () => daemon.fetch(`/containers/${id}/archive?path=/o/done`, { method: "HEAD" });
    await waitUntil("the container is ready", async () => (await get()).ok);
    const { stdout } = await daemon.sampan(["exec", id, "cat", "/seen"]);
    expect(stdout).toBe("file\nsub\n");
    await user.json("POST", `/containers/${id}/restart?t=0`);
  }
  expect(existsSync(join(home.path, "done"))).toBe(false);
});

test("what no overlay can be made of is refused", async () => {
  using home = makeHome();
  const create = async (bind: string) =>
    (
      await user.ask("POST", "/containers/create", {
        Image: "busybox",
        HostConfig: { Binds: [bind] },
      })
    ).message;
  expect(await create(`${home.path}:/o:O,ro`)).toContain("invalid mode: O,ro");
  expect(await create("named:/o:O")).toContain("invalid mode: O");
  expect(await run("true", "-v", `${home.path}/file:/o:O`)).toContain("it is no directory");
  expect(await run("true", "-v", `${home.path}/nope:/o:O`)).toContain("does not exist");
});

test("a directory's owner and the container's user are the same with match-user", async () => {
  using home = makeHome();
  const mount = `type=bind,src=${home.path},dst=/m,bind-idmap=match-user`;
  const line = "cd /m; stat -c %u:%g . sub; touch by-$(id -u); stat -c %u:%g by-$(id -u)";
  expect(await run(line, "--mount", mount)).toBe("0:0\n1234:1235\n0:0");
  expect(await run(line, "--mount", mount, "--user", "77:78")).toBe("77:78\n0:0\n77:78");
  expect(await run(line, "--mount", mount, "--privileged")).toBe("0:0\n1234:1235\n0:0");
  for (const name of ["by-0", "by-77"]) {
    const { uid, gid } = statSync(join(home.path, name));
    expect([uid, gid]).toEqual([1234, 1235]);
  }
  expect(await run("true", "--mount", `${mount}x`)).toContain("invalid value for bind-idmap");
});

test("a directory runs as a root, and keeps what is changed in it", async () => {
  using home = new TemporaryDirectory();
  await mustRun(["tar", "-xf", await ensureBusyboxArchive(), "-C", home.path]);
  chownSync(join(home.path, "home"), 7, 8);
  const say = async (...args: readonly string[]) => {
    const { stdout, stderr } = await daemon.sampan(args);
    return `${stdout}${stderr}`.trim();
  };
  const line = "stat -c %u:%g / /home; echo x > /made; cat /etc/hosts | grep -c localhost";
  const run = ["run", "--rm", "--rootfs"];
  expect(await say(...run, home.path, "sh", "-c", line)).toMatch(/^0:0\n7:8\n\d$/);
  expect(statSync(join(home.path, "made")).uid).toBe(0);
  expect(await say(...run, "--privileged", home.path, "cat", "/made")).toBe("x");
  expect(await say(...run, "--read-only", home.path, "touch", "/y")).toContain("Read-only");
  expect(await say(...run, `${home.path}/nope`, "true")).toContain("there is no such directory");
  expect(await say(...run, "--pull", "always", home.path, "echo", "here")).toBe("here");

  const id = await say("run", "-d", "--rootfs", home.path, "sleep", "1000");
  expect(await say("inspect", "-f", "{{.HostConfig.Rootfs}} {{.Config.Image}}", id)).toBe(
    `${home.path} ${home.path}`,
  );
  expect(await say("cp", join(home.path, "made"), `${id}:/copied`)).toBe("");
  expect(readFileSync(join(home.path, "copied"), "utf8")).toBe("x\n");
  for (const command of ["diff", "commit"]) {
    expect(await say(command, id)).toContain(`its root is "${home.path}", and no image`);
  }
  expect((await user.ask("GET", `/containers/${id}/export`)).status).toBe(200);
  await say("rm", "-f", id);
});
