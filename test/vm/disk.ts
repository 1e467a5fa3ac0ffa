import { chmod, cp, mkdir, mkdtemp, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";
import { copyUserland } from "./userland.ts";

/** What of the project the tests need; `node_modules` is Bun and the run-time dependencies only. */
const PROJECT_PARTS = [
  "bin",
  "build/native.so",
  "build/sampan-init",
  "build/demo",
  "init",
  "src",
  "test",
  "package.json",
];

const DISK_SIZE = "3G";

/** Where the project is in the machine. */
const HOME = "/sampan";

/** The program that the machine's kernel starts: it runs /command and leaves the outcome in /results. */
const INIT = `#!/bin/busybox sh
export PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
export SAMPAN_SLOW=1 SAMPAN_OWN_CLOCK=1 CI=true NO_COLOR=1
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t tmpfs -o mode=755 tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount --make-rshared /
hostname vm
ip link set lo up
cd ${HOME}
sh /command > /dev/ttyS1 2>&1 < /dev/null
echo $? > /results/status
sync
mount -o remount,ro /
poweroff -f
`;

/** Makes a disk image whose root has Bun, the project and busybox, and which runs `command` at boot. */
export async function buildDisk(project: string, command: string, image: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "disk-"));
  try {
    await copyUserland(root, [bunPath(project)]);
    await addProject(project, join(root, HOME));
    await linkCommands(root, project);
    await Bun.write(join(root, "init"), INIT);
    await chmod(join(root, "init"), 0o755);
    await Bun.write(join(root, "command"), command);
    await runProgram(["mke2fs", "-q", "-F", "-t", "ext4", "-d", root, image, DISK_SIZE]);
  } finally {
    await rm(root, { recursive: true });
  }
}

/** Reads a file that the machine left on its disk; undefined when it is not there. */
export async function readFromDisk(image: string, path: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "read-"));
  try {
    const copy = join(folder, "file");
    await runProgram(["debugfs", "-R", `dump ${path} ${copy}`, image]);
    return (await Bun.file(copy).exists()) ? await Bun.file(copy).text() : undefined;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function addProject(project: string, target: string): Promise<void> {
  const bun = bunPath(project).slice(project.length + 1);
  for (const part of [...PROJECT_PARTS, ...(await listDependencies(project)), bun]) {
    if (await isThere(join(project, part))) {
      await cp(join(project, part), join(target, part), { recursive: true });
    }
  }
}

/** The folders of the npm packages that Sampan needs at run time. */
async function listDependencies(project: string): Promise<readonly string[]> {
  const manifest: { readonly dependencies?: object } = await Bun.file(
    join(project, "package.json"),
  ).json();
  return Object.keys(manifest.dependencies ?? {}).map((name) => `node_modules/${name}`);
}

/** The commands that a person would have on the PATH. */
async function linkCommands(root: string, project: string): Promise<void> {
  const folder = join(root, "usr/local/bin");
  await mkdir(folder, { recursive: true });
  await symlink(join(HOME, "bin/sampan"), join(folder, "sampan"));
  await symlink(join(HOME, bunPath(project).slice(project.length)), join(folder, "bun"));
}

function bunPath(project: string): string {
  return join(project, "node_modules/@oven/bun-linux-x64/bin/bun");
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
