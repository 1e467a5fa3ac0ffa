import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { RuntimeWorld } from "../support/runtime-world.ts";

const BOTH = [
  ["a user namespace of its own", false],
  ["the host's user namespace", true],
] as const;

let world: RuntimeWorld;

beforeAll(async () => {
  world = await RuntimeWorld.make();
});

afterAll(() => world[Symbol.asyncDispose]());

// ls has the directory itself open.
const LIST_DESCRIPTORS =
  "ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* -> .*\\)/\\1/p' | grep -v /proc/";

test.each(BOTH)("with %s no descriptor of the host is open", async (_, hostUser) => {
  const first = await world.shell(LIST_DESCRIPTORS, { hostUser });
  const container = await world.start({ args: ["sleep", "100"], hostUser, init: true });
  const reaper = readdirSync(`/proc/${container.running.pid}/fd`);
  const exec = await world.runExec(container, { args: ["sh", "-c", LIST_DESCRIPTORS] });
  await world.kill(container);
  const expected = /^0 -> \/dev\/null\n1 -> pipe:\S+\n2 -> pipe:\S+\n?$/;

  expect(first).toMatch(expected);
  expect(exec.stdout).toMatch(expected);
  expect(reaper).toEqual(["0", "1", "2"]);
});

test.each(BOTH)("with %s a container sees nothing of the host's processes", async (_, hostUser) => {
  const script =
    "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ /proc/1/mountinfo | tr '\\0' '\\n'; ls /proc | grep -c '^[0-9]'";
  const output = await world.shell(script, { hostUser, init: true });

  expect(output).not.toContain(world.execRoot);
  expect(output).not.toContain(process.execPath);
  expect(Number(output.split("\n").at(-1))).toBeLessThan(8);
});

test("a program that is executed in a container does not bring the host's paths along", async () => {
  const container = await world.start({ args: ["sleep", "100"] });
  const script = "cat /proc/[0-9]*/cmdline | tr '\\0' ' '";
  const { stdout } = await world.runExec(container, { args: ["sh", "-c", script], init: false });
  await world.kill(container);

  expect(stdout).not.toContain(world.execRoot);
  expect(stdout).toContain("sleep 100");
});

test.each(BOTH)(
  "with %s nobody can write to the init binary through /proc",
  async (_, hostUser) => {
    const script =
      "for way in '>' '>>'; do eval \"echo x $way /proc/1/exe\" 2>&1 || true; done; cat /proc/1/comm";
    const options = { hostUser, init: true, capabilities: ["CAP_DAC_OVERRIDE", "CAP_SYS_PTRACE"] };
    const output = await world.shell(script, options);

    expect(output).toMatch(
      /(can't create|Text file busy|Permission denied|Operation not permitted)/,
    );
    expect(output.split("\n").at(-1)).toBe("sampan-init");
    expect(await world.shell("echo still fine")).toBe("still fine");
  },
);

test.each(BOTH)("with %s the device rules hold for each opening", async (_, hostUser) => {
  const script = "cat /dev/null; head -c 1 /dev/zero | wc -c; head -c 2 /dev/kmsg 2>&1 || true";
  const devices = [{ type: "c", path: "/dev/kmsg", major: 1, minor: 11, fileMode: 0o666 }] as const;
  const output = await world.shell(script, { hostUser, linux: { devices } });

  expect(output.split("\n")[0]).toBe("1");
  expect(output).toContain("Operation not permitted");
});

test("a device that is granted can be opened, and belongs to whom it shall", async () => {
  const devices = [
    { type: "c", path: "/dev/sub/zero", major: 1, minor: 5, fileMode: 0o640, uid: 5, gid: 6 },
  ] as const;
  const script = "stat -c '%a %u:%g' /dev/sub/zero; head -c 3 /dev/sub/zero | wc -c";

  expect(await world.shell(script, { linux: { devices } })).toBe("640 5:6\n3");
});

test("mknod works as the host's root, and the device rules hold for what it made", async () => {
  const script =
    "mknod /tmp/kmsg c 1 11; head -c 1 /tmp/kmsg 2>&1 || true; mknod /tmp/null c 1 3; cat /tmp/null";

  expect(await world.shell(script, { hostUser: true })).toContain("Operation not permitted");
});

test("the default devices, links and directories are Docker's", async () => {
  const nodes = "stat -c '%a %t:%T' null zero full random urandom tty";
  const links = "for l in fd stdin stdout stderr ptmx core; do readlink $l; done";
  const output = await world.shell(
    `cd /dev; ${nodes}; ${links}; ls -d pts shm mqueue | tr '\\n' ' '`,
  );

  expect(output.split("\n")).toEqual([
    ...["1:3", "1:5", "1:7", "1:8", "1:9", "5:0"].map((numbers) => `666 ${numbers}`),
    ...["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"],
    ...["pts/ptmx", "/proc/kcore", "mqueue pts shm "].map((line) => line.trimEnd()),
  ]);
});

test("an id that is not in the container's range is refused by its number", async () => {
  const devices = [{ type: "c", path: "/dev/x", major: 1, minor: 3, uid: 70_000 }] as const;

  await expect(world.run({ args: ["true"], linux: { devices } })).rejects.toThrow("70000");
});
