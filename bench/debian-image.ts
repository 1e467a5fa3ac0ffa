import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "../test/support/run-program.ts";

const BUILD = join(import.meta.dir, "../build");
const MAX_BYTES = 300_000_000;
const LARGE_BYTES = 1_000_000_000;
const TIMEOUT_MS = 300_000;
const PACKAGES = [
  ...["ca-certificates", "curl", "gcc", "git", "locales", "man-db", "nodejs", "openssh-client"],
  ...["perl", "python3", "libpython3.11-dev", "ruby", "tcl", "vim-common"],
];

/** Docker archives of a Debian of 300 MB in 20,000 files. */
export interface DebianArchives {
  /** In eight layers. */
  readonly layered: string;
  /** The same in one. */
  readonly single: string;
  /** A whole one of 1 GB in four, named `debian:large`. */
  readonly large: string;
}

/** Makes them by debootstrap, once: it takes some minutes. */
export async function ensureDebianArchives(): Promise<DebianArchives> {
  const archives = {
    layered: join(BUILD, "debian-8.tar"),
    single: join(BUILD, "debian-1.tar"),
    large: join(BUILD, "debian-large.tar"),
  };
  if (Object.values(archives).every((path) => existsSync(path))) return archives;
  mkdirSync(BUILD, { recursive: true });
  const work = await mkdtemp(join(BUILD, "debian-"));
  try {
    const root = join(work, "root");
    const include = `--include=${PACKAGES.join(",")}`;
    await mustRun(["debootstrap", "--variant=minbase", include, "bookworm", root], {
      timeoutMs: 20 * 60_000,
    });
    const pack = async (image: Image) => {
      await packImage(work, image);
      renameSync(join(work, "image.tar"), image.path);
    };
    const some = leaveOutLargest(await listTree(root));
    await pack({ path: archives.layered, parts: split(some, 8), name: "debian:bench" });
    await pack({ path: archives.single, parts: split(some, 1), name: "debian:bench" });
    const all = await fillUp(root, LARGE_BYTES);
    await pack({ path: archives.large, parts: split(all, 4), name: "debian:large" });
  } finally {
    rmSync(work, { recursive: true });
  }
  return archives;
}

/**
 * The same image with other digests, so that an engine takes it for a new one: each layer's archive has
 * some zeros more after its end. Makes a file of this name.
 */
export async function makeVariant(archive: string, number: number, path: string): Promise<void> {
  const work = await mkdtemp(join(BUILD, "variant-"));
  try {
    await mustRun(["tar", "-C", work, "-xf", archive], { timeoutMs: TIMEOUT_MS });
    const config = await Bun.file(join(work, "config.json")).json();
    const [entry] = await Bun.file(join(work, "manifest.json")).json();
    config.rootfs.diff_ids = [];
    for (const name of entry.Layers) {
      await mustRun(["truncate", "-s", `+${512 * (number + 1)}`, join(work, name)]);
      config.rootfs.diff_ids.push(`sha256:${await digestOfFile(join(work, name))}`);
    }
    await writeFile(join(work, "config.json"), JSON.stringify(config));
    const files = ["manifest.json", "config.json", ...entry.Layers];
    await mustRun(["tar", "-C", work, "-cf", path, ...files], { timeoutMs: TIMEOUT_MS });
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function digestOfFile(path: string): Promise<string> {
  return (await mustRun(["sha256sum", path])).split(" ")[0] ?? "";
}

interface Image {
  readonly path: string;
  readonly parts: readonly (readonly string[])[];
  readonly name: string;
}

interface TreeEntry {
  readonly path: string;
  readonly size: number;
  readonly isFile: boolean;
}

async function listTree(root: string): Promise<readonly TreeEntry[]> {
  const lines = await mustRun(["find", root, "-mindepth", "1", "-printf", "%P\t%s\t%y\n"]);
  return lines
    .trim()
    .split("\n")
    .map((line) => line.split("\t"))
    .map(([path = "", size, kind]) => ({ path, size: Number(size), isFile: kind === "f" }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** All of the tree, but for the largest files where there is too much. */
function leaveOutLargest(entries: readonly TreeEntry[]): readonly TreeEntry[] {
  let left = sumOf(entries) - MAX_BYTES;
  const dropped = new Set<TreeEntry>();
  for (const entry of entries.toSorted((a, b) => b.size - a.size)) {
    if (left <= 0) break;
    if (!entry.isFile) continue;
    dropped.add(entry);
    left -= entry.size;
  }
  return entries.filter((entry) => !dropped.has(entry));
}

/** The tree with a file more, so that it has so many bytes. */
async function fillUp(root: string, bytes: number): Promise<readonly TreeEntry[]> {
  const missing = bytes - sumOf(await listTree(root));
  await mustRun(["sh", "-c", `head -c ${Math.max(missing, 0)} /dev/urandom > ${root}/filler`]);
  return listTree(root);
}

function sumOf(entries: readonly TreeEntry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}

/** Cuts the list where each part has about as many bytes as the others. */
function split(entries: readonly TreeEntry[], count: number): readonly string[][] {
  const parts = Array.from({ length: count }, () => [] as string[]);
  const total = sumOf(entries);
  let sum = 0;
  for (const { path, size } of entries) {
    parts[Math.min(count - 1, Math.floor((sum * count) / total))]?.push(path);
    sum += size;
  }
  return parts;
}

async function packImage(work: string, { parts, name: tag }: Image): Promise<void> {
  const names: string[] = [];
  const diffIds: string[] = [];
  for (const [i, paths] of parts.entries()) {
    const name = `layer-${i}.tar`;
    const list = paths.map((path) => `${path}\0`).join("");
    await writeFile(join(work, "list"), list);
    await mustRun([
      ...["tar", "-C", join(work, "root"), "--no-recursion", "--null", "-T", join(work, "list")],
      ...["--xattrs", "--format=posix", "--pax-option=delete=atime,delete=ctime"],
      ...["-cf", join(work, name)],
    ]);
    names.push(name);
    diffIds.push(`sha256:${await digestOfFile(join(work, name))}`);
  }
  const config = {
    architecture: process.arch === "x64" ? "amd64" : "arm64",
    os: "linux",
    config: { Cmd: ["bash"] },
    rootfs: { type: "layers", diff_ids: diffIds },
  };
  await writeFile(join(work, "config.json"), JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [tag], Layers: names }];
  await writeFile(join(work, "manifest.json"), JSON.stringify(manifest));
  const files = ["manifest.json", "config.json", ...names];
  await mustRun(["tar", "-C", work, "-cf", join(work, "image.tar"), ...files]);
  for (const name of names) rmSync(join(work, name));
}
