import { chmod, cp, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runProgram } from "./run-program.ts";

/** Debian packages whose programs and libraries the machine gets, where this host has them. */
const PACKAGES = [
  "attr",
  "bash",
  "binutils",
  "binutils-x86-64-linux-gnu",
  "btrfs-progs",
  "busybox-static",
  "coreutils",
  "cpp-12",
  "dash",
  "diffutils",
  "e2fsprogs",
  "findutils",
  "gcc",
  "gcc-12",
  "grep",
  "gzip",
  "hostname",
  "iproute2",
  "iptables",
  "iputils-ping",
  "libasan8",
  "libc6-dev",
  "libcap2-bin",
  "libgcc-12-dev",
  "libseccomp2",
  "libubsan1",
  "linux-libc-dev",
  "mount",
  "nftables",
  "procps",
  "sed",
  "tar",
  "util-linux",
  "xfsprogs",
  "xz-utils",
  "zstd",
];

/** Programs that come in no package, or as a choice between some. */
const PROGRAMS = ["docker", "cc", "iptables"];

const FOLDERS = [
  "dev",
  "etc",
  "proc",
  "results",
  "root",
  "run",
  "sys",
  "tmp",
  "var/lib",
  "var/tmp",
];

/** Puts a small Debian into a folder, from what this host has installed. `more` are other programs. */
export async function copyUserland(root: string, more: readonly string[]): Promise<void> {
  for (const folder of FOLDERS) await mkdir(join(root, folder), { recursive: true });
  for (const folder of ["tmp", "var/tmp"]) await chmod(join(root, folder), 0o1777);
  await mergeUsr(root);
  await writeEtc(root);

  const programs = PROGRAMS.flatMap((name) => Bun.which(name) ?? []);
  const files = [...(await listPackageFiles()), ...programs];
  const loading = files.filter((file) => !/\/include\/|\.[ah]$/.test(file));
  const libraries = await listLibraries([...loading, ...more]);
  for (const file of new Set([...files, ...libraries])) await copyFile(root, file);
}

/** `/bin` and its kin are links, as Debian has them: one copy of each file is enough. */
async function mergeUsr(root: string): Promise<void> {
  for (const folder of ["bin", "sbin", "lib", "lib64"]) {
    await mkdir(join(root, "usr", folder), { recursive: true });
    await runProgram(["ln", "-s", `usr/${folder}`, join(root, folder)]);
  }
}

async function writeEtc(root: string): Promise<void> {
  await Bun.write(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
  );
  await Bun.write(join(root, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  await Bun.write(join(root, "etc/resolv.conf"), "nameserver 127.0.0.1\n");
  await Bun.write(join(root, "etc/hosts"), "127.0.0.1 localhost vm\n");
  await cp("/etc/os-release", join(root, "etc/os-release"), { dereference: true });
}

/** Programs, and the libraries that are not found by a program's need for them. */
async function listPackageFiles(): Promise<readonly string[]> {
  const listing = await runProgram([
    "sh",
    "-c",
    'dpkg-query --listfiles "$@" 2> /dev/null || true',
    "sh",
    ...PACKAGES,
  ]);
  const paths = listing.split("\n").filter((path) => /^(\/usr)?\/(s?bin|lib|include)\//.test(path));
  const kinds = await Promise.all(paths.map(async (path) => ((await isFile(path)) ? [path] : [])));
  return kinds.flat();
}

async function copyFile(root: string, path: string): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  await cp(await realpath(path), target);
}

/** The shared objects that programs load. ldd(1) fails on scripts and static programs, and goes on. */
async function listLibraries(programs: readonly string[]): Promise<readonly string[]> {
  const listing = await runProgram([
    "sh",
    "-c",
    'ldd "$@" 2> /dev/null || true',
    "sh",
    ...programs,
  ]);
  return [...listing.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].flatMap(([, path]) => path ?? []);
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
