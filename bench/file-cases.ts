import { mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mustRun } from "../test/support/run-program.ts";
import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { docker, startIdle } from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";

/** What it costs to bring files into containers and out of them. */
export const FILE_CASES: readonly Case[] = [
  {
    title: "`docker cp` of a tree of 1 GB in 8,000 files into a container",
    unit: "ms",
    rounds: 5,
    contenders: ({ daemons }) => daemons.map((daemon) => copying(daemon, copyIn)),
  },
  {
    title: "`docker cp c:/tree - > /dev/null` of the same tree",
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map((daemon) => copying(daemon, copyOut)),
  },
];

type Copy = (
  daemon: Daemon,
  place: { readonly container: string; readonly tree: string },
) => Promise<number>;

/** Copies to and from a container that stays, and all that was copied with it, until the daemon ends. */
function copying(daemon: Daemon, copy: Copy): Contender {
  let container: string | undefined;
  return {
    name: daemon.name,
    async once() {
      container ??= (await startIdle(daemon, ["--network", "none"])).id;
      return await copy(daemon, { container, tree: await ensureTree() });
    },
  };
}

/** Files of 4 kB and of 12.5 MB, of bytes that no compression makes fewer. */
const MAKE_TREE =
  "mkdir -p $1 && cd $1 && head -c 12500000 /dev/urandom > big && head -c 400000 big > small && " +
  "for d in $(seq 80); do mkdir $d; split -n 99 -a 3 ./small $d/f; cp big $d/big; done";

let made: Promise<string> | undefined;

/**
 * One tree for all, which is removed when all is measured: for minutes after files were removed, ext4
 * looks at each of their places for every file that it makes, which takes longer than to copy it.
 */
function ensureTree(): Promise<string> {
  made ??= (async () => {
    const tree = join(await mkdtemp("/var/tmp/sb-"), "tree");
    await mustRun(["sh", "-c", MAKE_TREE, "sh", tree], { timeoutMs: 60_000 });
    return tree;
  })();
  return made;
}

/** Removes what the cases of files have made for all contenders. */
export async function removeFileTree(): Promise<void> {
  if (made !== undefined) await rm(dirname(await made), { recursive: true, force: true });
}

let copies = 0;

const copyIn: Copy = (daemon, { container, tree }) => {
  copies += 1;
  return millisecondsOf(() => docker(daemon, ["cp", tree, `${container}:/tree${copies}`]));
};

const copyOut: Copy = async (daemon, { container, tree }) => {
  copies += 1;
  await docker(daemon, ["cp", tree, `${container}:/tree${copies}`]);
  const command = `docker --host ${daemon.host} cp ${container}:/tree${copies} - > /dev/null`;
  return await millisecondsOf(() => mustRun(["sh", "-c", command], { timeoutMs: 60_000 }));
};
