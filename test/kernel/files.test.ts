import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { MASKED_PATHS, READONLY_PATHS } from "../../src/engine/spec/default-paths.ts";
import { bind, FIRST_HOST_ID } from "../support/container-spec.ts";
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

test("files of the image look as in the image, and are the container's on the disk", async () => {
  writeFileSync(join(world.lower, "etc/owned"), "");
  chownSync(join(world.lower, "etc/owned"), 1000, 1000);
  const request = world.request({ args: [] });
  const script =
    "stat -c '%u:%g' /etc/owned /etc/passwd; touch /made; chown 33:44 /made; echo x >> /etc/owned";
  const container = await world.start({ args: ["sh", "-ec", script] });
  const { stdout } = await world.end(container);
  const upper = container.request.root.upper;

  expect(request.root.lowers).toEqual([world.lower]);
  expect(stdout).toBe("1000:1000\n0:0\n");
  expect(ownerOf(join(upper, "made"))).toEqual([FIRST_HOST_ID + 33, FIRST_HOST_ID + 44]);
  expect(ownerOf(join(upper, "etc/owned"))).toEqual([FIRST_HOST_ID + 1000, FIRST_HOST_ID + 1000]);
  expect(ownerOf(join(world.lower, "etc/owned"))).toEqual([1000, 1000]);
  expect(readFileSync(join(world.lower, "etc/owned"), "utf8")).toBe("");
});

test("a bind's files are on the disk what the container says they are, as in Docker", async () => {
  const source = join(world.dataRoot, "bound");
  mkdirSync(source);
  writeFileSync(join(source, "roots"), "secret", { mode: 0o600 });
  const script = "cat /data/roots; touch /data/new; chown 7:8 /data/new; stat -c %u /data/roots";
  const output = await world.shell(script, { mounts: [bind(source, "/data")] });

  expect(output).toBe("secret0");
  expect(ownerOf(join(source, "new"))).toEqual([7, 8]);
});

test("a read-only bind refuses writes, and a file can be bound on a file that is not there", async () => {
  const source = join(world.dataRoot, "one-file");
  writeFileSync(source, "content");
  const mounts = [bind(source, "/deep/in/the/file", ["rbind", "ro"])];
  const output = await world.shell(
    "cat /deep/in/the/file; echo x 2>&1 > /deep/in/the/file || true",
    { mounts },
  );

  expect(output).toMatch(/^content.*Read-only file system/s);
});

test.each(BOTH)("with %s links of the image lead no mount out of it", async (_, hostUser) => {
  const outside = join(world.dataRoot, `outside-${hostUser}`);
  const source = join(world.dataRoot, `inside-${hostUser}`);
  for (const directory of [outside, source]) mkdirSync(directory);
  writeFileSync(join(source, "mark"), "");
  symlinkSync(outside, join(world.lower, `absolute-${hostUser}`));
  // The host's root must not be above the container's while the mounts are made.
  symlinkSync(`../../..${outside}`, join(world.lower, `climbing-${hostUser}`));
  mkdirSync(join(world.lower, outside), { recursive: true });
  const mounts = ["absolute", "climbing"].map((name) =>
    bind(source, `/${name}-${hostUser}/${name}`),
  );
  const output = await world.shell(`cd ${outside}; ls absolute climbing`, { mounts, hostUser });

  expect(output).toBe("absolute:\nmark\n\nclimbing:\nmark");
  expect(readdirSync(outside)).toEqual([]);
});

test("masked paths show nothing, and read-only ones cannot be written", async () => {
  const script = [
    "exec 2>&1",
    `for p in ${MASKED_PATHS.join(" ")}; do`,
    "  if [ -d $p ]; then ls -A $p; elif [ -e $p ]; then cat $p; fi",
    "done",
    `for p in ${READONLY_PATHS.join(" ")} /sys; do`,
    '  [ ! -e $p ] || grep -q " $p ro," /proc/self/mountinfo || echo $p can be written',
    "done",
    "echo x > /proc/sys/kernel/domainname || true",
  ];
  const output = await world.shell(script.join("\n"), { hostUser: true });

  expect(output).toMatch(
    /^sh: can't create \/proc\/sys\/kernel\/domainname: Read-only file system$/,
  );
});

test("a read-only root refuses writes, and what is mounted in it does not", async () => {
  const mounts = [
    { type: "tmpfs", source: "tmpfs", destination: "/scratch", options: ["size=64k"] },
  ];
  const script = "touch /x 2>&1 || true; touch /scratch/x /dev/shm/x; df -k /scratch | tail -1";
  const output = await world.shell(script, {
    mounts,
    spec: { root: { path: "rootfs", readonly: true } },
    process: { cwd: "/made" },
  });

  expect(output).toMatch(/Read-only file system\ntmpfs +64 /);
});

function ownerOf(path: string): readonly number[] {
  const { uid, gid } = statSync(path);
  return [uid, gid];
}
