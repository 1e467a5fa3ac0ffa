import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Glob } from "bun";
import { buildInitramfs } from "./initramfs.ts";
import { canonicalName, orderModules, parseDependencies, WANTED_MODULES } from "./modules.ts";
import { runProgram } from "./run-program.ts";

/** Debian's name for the package that depends on its newest kernel. */
const META_PACKAGE = "linux-image-amd64";

/** A kernel that boots, with an initramfs that loads the modules and switches to the disk. */
export interface Kernel {
  readonly image: string;
  readonly initramfs: string;
}

/**
 * The kernel of this Debian's release, taken out of its package without installing it. It is kept
 * in `cache`, so that only the first call needs the network.
 */
export async function ensureKernel(cache: string): Promise<Kernel> {
  const folder = join(cache, `kernel-${Bun.hash(WANTED_MODULES.join()).toString(16)}`);
  const kernel = { image: join(folder, "vmlinuz"), initramfs: join(folder, "initramfs") };
  if (await Bun.file(kernel.initramfs).exists()) return kernel;

  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, "work-"));
  try {
    await runProgram(["apt-get", "download", await findPackage()], { cwd: work });
    await unpack(work);
    await buildInitramfs(await collectModules(work), join(work, "initramfs"));
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    await rename(join(work, "vmlinuz"), kernel.image);
    await rename(join(work, "initramfs"), kernel.initramfs);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return kernel;
}

async function findPackage(): Promise<string> {
  const depends = await runProgram(["apt-cache", "depends", "--important", META_PACKAGE]);
  const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (name === undefined) throw new Error(`Cannot find what ${META_PACKAGE} depends on`);
  return name;
}

async function unpack(work: string): Promise<void> {
  const [archive] = (await readdir(work)).filter((name) => name.endsWith(".deb"));
  await runProgram(["dpkg-deb", "--extract", archive ?? "", "unpacked"], { cwd: work });
  const [image] = await Array.fromAsync(new Glob("unpacked/boot/vmlinuz-*").scan(work));
  await rename(join(work, image ?? ""), join(work, "vmlinuz"));
}

/** The files of the modules that the machine loads, in loading order. */
async function collectModules(work: string): Promise<readonly string[]> {
  const files = new Map<string, string>();
  const glob = new Glob("unpacked/lib/modules/*/kernel/**/*.ko");
  for await (const file of glob.scan(work)) {
    files.set(canonicalName(basename(file)), join(work, file));
  }
  const names = await orderModules(WANTED_MODULES, async (name) => {
    const file = files.get(name);
    return file === undefined ? [] : parseDependencies(await Bun.file(file).bytes());
  });
  return names.flatMap((name) => files.get(name) ?? []);
}
