import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mustRun } from "../test/support/run-program.ts";
import { makeTar, tarFile } from "../test/support/tar.ts";
import { BenchRegistry } from "./bench-registry.ts";
import type { Case, Field } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { ensureDebianArchives, makeVariant } from "./debian-image.ts";
import { docker } from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";
import { watchPeakMegabytes } from "./memory.ts";

// What was written for the round is on the disk then.
const QUIET_MS = 5_000;
const MANY_IMAGES = 500;
const TIMEOUT_MS = 300_000;

type ArchiveName = keyof Awaited<ReturnType<typeof ensureDebianArchives>>;

/** What is asked of images: registries, archives and lists. */
export const IMAGE_CASES: readonly Case[] = [
  {
    title: "pull of a 300 MB Debian in 20,000 files and 8 layers, registry on loopback",
    unit: "ms",
    rounds: 3,
    isCold: true,
    contenders: (field) => listPullers(field).map((puller) => pull(puller, "layered")),
  },
  {
    title: "most memory of the daemon with its helpers during those pulls",
    unit: "MB",
    rounds: 1,
    isCold: true,
    contenders: ({ daemons }) => daemons.map(pullMemory),
  },
  {
    title: "pull of the same in one layer",
    unit: "ms",
    rounds: 3,
    isCold: true,
    contenders: (field) => listPullers(field).map((puller) => pull(puller, "single")),
  },
  {
    title: "push of those 8 layers, which the registry has not",
    unit: "ms",
    rounds: 3,
    isCold: true,
    contenders: ({ daemons }) => daemons.map(push),
  },
  {
    title: "`load` of 1 GB in four layers",
    unit: "ms",
    rounds: 3,
    isCold: true,
    contenders: ({ daemons }) => daemons.map(load),
  },
  {
    title: `\`GET /images/json\` with ${MANY_IMAGES} images`,
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map(list),
  },
];

/** An engine that pulls: by which command, and in whose network namespace. */
interface Puller {
  readonly name: string;
  readonly command: readonly string[];
  /** Undefined: ours. */
  readonly pid: number | undefined;
  readonly pullOptions: readonly string[];
}

function listPullers({ daemons, runtimes }: Field): readonly Puller[] {
  return [
    ...daemons.map(({ name, host, pid }) => ({
      name,
      command: ["docker", "--host", host],
      pid,
      pullOptions: [],
    })),
    ...runtimes.flatMap(({ name, command }) =>
      command === undefined
        ? []
        : [{ name, command, pid: undefined, pullOptions: ["--tls-verify=false"] }],
    ),
  ];
}

const variants = new Map<string, Promise<string>>();

/**
 * The archive of a round, the same for all contenders. Each round has its own, and nothing is removed in
 * between: ext4 looks long for an inode where many were freed lately.
 */
function variantOf(name: ArchiveName, round: number): Promise<string> {
  const key = `${name}-${round}`;
  const made = variants.get(key) ?? makeRoundArchive(name, round);
  variants.set(key, made);
  return made;
}

async function makeRoundArchive(name: ArchiveName, round: number): Promise<string> {
  const archives = await ensureDebianArchives();
  const path = join(await mkdtemp("/var/tmp/sb-"), "image.tar");
  await makeVariant(archives[name], round, path);
  return path;
}

/** Removes what the rounds were made of. */
export async function removeVariants(): Promise<void> {
  for (const path of variants.values()) await rm(dirname(await path), { recursive: true });
}

/** The registry that an engine pulls from, next to it and filled. */
async function filledRegistry({ pid }: Puller, archive: string) {
  const registry = await BenchRegistry.start(pid);
  const enter = pid === undefined ? [] : ["nsenter", "--target", String(pid), "--net"];
  const reference = `${registry.host}/debian:bench`;
  const copy = ["skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false"];
  const paths = [`docker-archive:${archive}`, `docker://${reference}`];
  await mustRun([...enter, ...copy, ...paths], { timeoutMs: TIMEOUT_MS });
  return { registry, reference };
}

const peaks = new Map<string, number>();

function pull(puller: Puller, name: ArchiveName): Contender {
  const { command, pid, pullOptions } = puller;
  let round = 0;
  return {
    name: puller.name,
    once: async () => {
      const archive = await variantOf(name, round++);
      const { registry, reference } = await filledRegistry(puller, archive);
      await using _registry = registry;
      await Bun.sleep(QUIET_MS);
      const argv = [...command, "pull", "--quiet", ...pullOptions, reference];
      const work = () => millisecondsOf(() => mustRun(argv, { timeoutMs: TIMEOUT_MS }));
      // Not without await: the registry would be gone before.
      if (pid === undefined) return await work();
      const { value, peak } = await watchPeakMegabytes(pid, work);
      notePeak(puller.name, peak);
      return value;
    },
  };
}

function notePeak(name: string, megabytes: number): void {
  peaks.set(name, Math.max(peaks.get(name) ?? 0, megabytes));
}

function pullMemory({ name }: Daemon): Contender {
  return {
    name,
    once: async () => {
      const peak = peaks.get(name);
      if (peak === undefined) throw new Error("nothing was pulled");
      return peak;
    },
  };
}

function push(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: async () => {
      const { layered } = await ensureDebianArchives();
      await docker(daemon, ["load", "--quiet", "--input", layered]);
      await using registry = await BenchRegistry.start(daemon.pid);
      const reference = `${registry.host}/pushed-${Date.now()}:1`;
      await docker(daemon, ["tag", "debian:bench", reference]);
      const value = await millisecondsOf(() => docker(daemon, ["push", "--quiet", reference]));
      await docker(daemon, ["rmi", "debian:bench", reference]);
      return value;
    },
  };
}

function load(daemon: Daemon): Contender {
  let round = 0;
  return {
    name: daemon.name,
    once: async () => {
      const archive = await variantOf("large", round++);
      await Bun.sleep(QUIET_MS);
      return millisecondsOf(() => docker(daemon, ["load", "--quiet", "--input", archive]));
    },
  };
}

const listed = new Map<Daemon, Promise<void>>();

function list(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: async () => {
      const ready = listed.get(daemon) ?? importMany(daemon);
      listed.set(daemon, ready);
      await ready;
      return millisecondsOf(async () => {
        const answer = await fetch("http://localhost/v1.41/images/json", { unix: daemon.socket });
        await answer.text();
      });
    },
  };
}

async function importMany(daemon: Daemon): Promise<void> {
  const path = `${daemon.socket}.tar`;
  for (let i = 0; i < MANY_IMAGES; i += 1) {
    await writeFile(path, await makeTar([tarFile({ name: "f" }, `image ${i}`)]));
    await docker(daemon, ["import", path, `many:${i}`]);
  }
}
