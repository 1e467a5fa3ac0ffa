import { readdir, readFile, readlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { NetworkNamespace } from "./network-namespace.ts";
import { runProgram } from "./run-program.ts";
import { waitUntil } from "./wait-until.ts";

/** In each hierarchy, what holds every container's own. */
const SHARED_CGROUP = "sampan";
/** Those of tests without a daemon, and of Docker's own. */
const OTHERS_CGROUPS = /\/(sampan-test-|docker(\/|$))/;

/** Where a daemon of the tests is at home; all that names these is its own. */
export interface Home {
  readonly dataRoot: string;
  readonly execRoot: string;
  /** The names of its bridges. */
  readonly links: RegExp;
  /** Where its network is, all of which is its own; undefined: on the host. */
  readonly namespace?: NetworkNamespace;
}

/** What the machine has of the things that an engine makes, each as one line. */
export type Snapshot = ReadonlySet<string>;

/**
 * Takes stock of what is of this home. Other daemons may work on the machine at the same time: what
 * can be told to be theirs does not count.
 */
export async function takeSnapshot(home: Home): Promise<Snapshot> {
  const lists = [
    listMounts(home),
    listProcesses(home),
    ...(home.namespace === undefined
      ? [listLinks(home), listTables(home)]
      : [listAllOf(home.namespace)]),
    listEmptyCgroups(),
  ];
  return new Set((await Promise.all(lists)).flat());
}

/**
 * Waits until nothing is there that was not before; else throws with a list of it. Only what stays
 * all the while is left behind: the rest is another daemon's at work.
 */
export async function expectNothingLeft(before: Snapshot, home: Home): Promise<void> {
  let left: ReadonlySet<string> | undefined;
  const isClean = async () => {
    const now = (await takeSnapshot(home)).difference(before);
    left = left === undefined ? now : left.intersection(now);
    return left.size === 0;
  };
  await waitUntil("nothing is left", isClean).catch(() => {
    throw new Error(`Left behind:\n${[...(left ?? [])].join("\n")}`);
  });
}

async function listMounts(home: Home): Promise<readonly string[]> {
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  return mounts.filter((mount) => isOf(home, mount)).map((mount) => `mount ${mount}`);
}

/** A container's own process is known by the overlay that is its root. */
async function listProcesses(home: Home): Promise<readonly string[]> {
  const lines = (await listPids()).map(async (pid) => {
    const command = (await readIfThere(`/proc/${pid}/cmdline`)).replaceAll("\0", " ");
    const mounts = await readIfThere(`/proc/${pid}/mountinfo`);
    const isRoot = mounts
      .split("\n")
      .some((mount) => / \/ .* - overlay /.test(mount) && isOf(home, mount));
    return isOf(home, command) || isRoot ? [`process ${pid} ${command}`] : [];
  });
  return (await Promise.all(lines)).flat();
}

async function doesADaemonRun(): Promise<boolean> {
  const commands = await Promise.all(
    (await listPids()).map((pid) => readIfThere(`/proc/${pid}/cmdline`)),
  );
  return commands.some((command) => /\bsampan(\.ts)?\0daemon\0/.test(command));
}

async function listPids(): Promise<readonly string[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
}

const CONTAINER_LINK = /^smp[0-9a-f]{12}$/;

/** Links, tables, sockets and routes of a namespace that nobody else works in. */
async function listAllOf(namespace: NetworkNamespace): Promise<readonly string[]> {
  const lists = [
    ["ip", "-o", "link"],
    ["ip", "route", "show", "table", "all"],
    ["ss", "-Htulwn"],
    ...(Bun.which("nft") === null ? [] : [["nft", "list", "tables"]]),
  ];
  return lists.flatMap((command) =>
    namespace
      .exec(...command)
      .split("\n")
      // The kernel's own addresses of links come some seconds after these.
      .filter((line) => line !== "" && !line.includes("fe80::"))
      .map((line) => `${command[0]}: ${line}`),
  );
}

/** The bridges, and ends of containers' links on them or on none. */
async function listLinks({ links: bridge }: Home): Promise<readonly string[]> {
  const names = await readdir("/sys/class/net");
  const own = names.map(async (name) => {
    if (bridge.test(name)) return [`link ${name}`];
    if (!CONTAINER_LINK.test(name)) return [];
    const master = await readlink(`/sys/class/net/${name}/master`).catch(() => undefined);
    return master === undefined || bridge.test(basename(master)) ? [`link ${name}`] : [];
  });
  return (await Promise.all(own)).flat();
}

async function listTables({ links: bridge }: Home): Promise<readonly string[]> {
  if (Bun.which("nft") === null) return [];
  const { stdout } = await runProgram(["nft", "list", "tables"]);
  return stdout.split("\n").filter((line) => bridge.test(line.split("-").pop() ?? ""));
}

/**
 * One with processes in it, or below it, is somebody's; if it were this home's, they would be listed.
 * So is the parent of all containers': every daemon that runs keeps it, with containers or without.
 */
async function listEmptyCgroups(): Promise<readonly string[]> {
  const mounts = (await readFile("/proc/self/mounts", "utf8"))
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, , type = ""]) => type.startsWith("cgroup"));
  const trees = await Promise.all(mounts.map(([, target = ""]) => listFolders(target)));
  const paths = trees.flat();
  const processes = await Promise.all(paths.map((path) => readIfThere(join(path, "cgroup.procs"))));
  const used = paths.filter((_, index) => processes[index] !== "");
  const isShared = await doesADaemonRun();
  return paths
    .filter((path) => !OTHERS_CGROUPS.test(path))
    .filter((path) => !used.some((one) => `${one}/`.startsWith(`${path}/`)))
    .filter((path) => !(isShared && basename(path) === SHARED_CGROUP))
    .map((path) => `cgroup ${path}`);
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
