import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram } from "./run-program.ts";
import { waitUntil } from "./wait-until.ts";

/** Where a daemon of the tests is at home; all that names these is its own. */
export interface Home {
  readonly dataRoot: string;
  readonly execRoot: string;
}

/** What the machine has of the things that an engine makes, each as one line. */
export type Snapshot = ReadonlySet<string>;

/**
 * Takes stock. Mounts and processes count when they are of this home; links, tables and cgroups
 * bear no such mark, so all count that could be an engine's.
 */
export async function takeSnapshot(home: Home): Promise<Snapshot> {
  const lists = [listMounts(home), listProcesses(home), listLinks(), listTables(), listCgroups()];
  return new Set((await Promise.all(lists)).flat());
}

/** Waits until nothing is there that was not before; else throws with a list of it. */
export async function expectNothingLeft(before: Snapshot, home: Home): Promise<void> {
  let left: readonly string[] = [];
  const isClean = async () => {
    left = [...(await takeSnapshot(home))].filter((thing) => !before.has(thing));
    return left.length === 0;
  };
  await waitUntil("nothing is left", isClean, 5_000).catch(() => {
    throw new Error(`Left behind:\n${left.join("\n")}`);
  });
}

async function listMounts(home: Home): Promise<readonly string[]> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  return mounts.filter((mount) => isOf(home, mount)).map((mount) => `mount ${mount}`);
}

/** A container's own process is known by the overlay that is its root. */
async function listProcesses(home: Home): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = pids.map(async (pid) => {
    const command = (await readIfThere(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
    const mounts = await readIfThere(`/proc/${pid}/mountinfo`);
    const isRoot = mounts
      .split("\n")
      .some((mount) => / \/ .* - overlay /.test(mount) && isOf(home, mount));
    return isOf(home, command) || isRoot ? [`process ${pid} ${command}`] : [];
  });
  return (await Promise.all(lines)).flat();
}

async function listLinks(): Promise<readonly string[]> {
  return (await readdir("/sys/class/net")).map((name) => `link ${name}`);
}

async function listTables(): Promise<readonly string[]> {
  if (Bun.which("nft") === null) return [];
  const { stdout } = await runProgram(["nft", "list", "tables"]);
  return stdout.split("\n").filter((line) => line !== "");
}

async function listCgroups(): Promise<readonly string[]> {
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type = ""]) => type.startsWith("cgroup"));
  const trees = mounts.map(([, target = ""]) => listFolders(target));
  return (await Promise.all(trees)).flat().map((path) => `cgroup ${path}`);
}

async function listFolders(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(path, name));
  return [...folders, ...(await Promise.all(folders.map(listFolders))).flat()];
}

function isOf({ dataRoot, execRoot }: Home, text: string): boolean {
  return text.includes(dataRoot) || text.includes(execRoot);
}

/** Processes come and go while they are listed. */
async function readIfThere(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
