import { mustRun } from "../test/support/run-program.ts";
import type { Daemon } from "./daemons.ts";
import { ask, createContainer, docker, startIdle } from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";
import { privateMegabytes, readField, residentMegabytes } from "./memory.ts";
import type { Runtime } from "./runtimes.ts";

/** What is there to be measured. */
export interface Field {
  readonly daemons: readonly Daemon[];
  readonly runtimes: readonly Runtime[];
}

/** What is measured. Of bits a second more is better, of all else less. */
export type Unit = "ms" | "µs" | "MB" | "kB" | "Gbit/s";

/** A question that the table of results answers in one row for each contender. */
export interface Case {
  readonly title: string;
  readonly unit: Unit;
  readonly rounds: number;
  /** Each round begins anew: there is none to warm up with. */
  readonly isCold?: boolean;
  contenders(field: Field): readonly Contender[];
}

const MEGABYTE = 1024 * 1024;
const STREAM_BYTES = 256 * MEGABYTE;

export const CASES: readonly Case[] = [
  {
    title: "resident memory of the daemon with its helpers, idle, just started",
    unit: "MB",
    rounds: 1,
    contenders: ({ daemons }) => daemons.map(memoryAtStart),
  },
  {
    title: "`docker run --rm busybox true`, default bridge",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons, runtimes }) => [
      ...daemons.map((daemon) => dockerRun(daemon, [])),
      ...runtimes.flatMap(({ name, runOnBridge }) => commandContender(name, runOnBridge)),
    ],
  },
  {
    title: "`docker run --rm --network none busybox true`",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons, runtimes }) => [
      ...daemons.map((daemon) => dockerRun(daemon, ["--network", "none"])),
      ...runtimes.flatMap(({ name, runWithoutNetwork }) =>
        commandContender(name, runWithoutNetwork),
      ),
    ],
  },
  {
    title: "through the API: create, start, wait until removed; default bridge",
    unit: "ms",
    rounds: 40,
    contenders: ({ daemons }) => daemons.map(apiLife),
  },
  {
    title: "`docker exec c true`",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map(dockerExec),
  },
  {
    title: "50 × `docker run --rm busybox true` at once",
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map(fiftyAtOnce),
  },
  {
    title: "256 MB through `docker run -i --rm busybox cat`, attached",
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map(streamThroughCat),
  },
  {
    title: "`sampan version` and `docker version`, each on its own daemon",
    unit: "ms",
    rounds: 40,
    contenders: ({ daemons }) =>
      daemons.flatMap(({ name, command }) => commandContender(name, [...command, "version"])),
  },
  {
    title: "private memory of the process that keeps an idle container",
    unit: "MB",
    rounds: 1,
    contenders: ({ daemons }) => daemons.map(keeperMemory),
  },
  {
    title: "resident memory of the daemon with its helpers, at rest after all of the above",
    unit: "MB",
    rounds: 1,
    contenders: ({ daemons }) => daemons.map(memoryAtRest),
  },
];

function dockerRun(daemon: Daemon, options: readonly string[]): Contender {
  return timed(daemon.name, () => docker(daemon, ["run", "--rm", ...options, "busybox", "true"]));
}

function commandContender(name: string, command: readonly string[] | undefined): Contender[] {
  return command === undefined ? [] : [timed(name, () => mustRun(command))];
}

/** Measures how long something takes. */
export function timed(name: string, run: () => Promise<unknown>): Contender {
  return { name, once: () => millisecondsOf(run) };
}

/** As `docker run --rm` asks for it, without the client's own start. */
function apiLife(daemon: Daemon): Contender {
  return timed(daemon.name, async () => {
    const body = { Image: "busybox", Cmd: ["true"], HostConfig: { AutoRemove: true } };
    const id = await createContainer(daemon, body);
    // Its head comes at once, the body when the container is gone.
    const waiting = await ask(daemon, `POST /containers/${id}/wait?condition=removed`);
    await ask(daemon, `POST /containers/${id}/start`);
    await waiting.text();
  });
}

function dockerExec(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: async () => {
      await using container = await startIdle(daemon);
      return await millisecondsOf(() => docker(daemon, ["exec", container.id, "true"]));
    },
  };
}

function fiftyAtOnce(daemon: Daemon): Contender {
  const { once } = dockerRun(daemon, []);
  return timed(daemon.name, () => Promise.all(Array.from({ length: 50 }, once)));
}

function streamThroughCat(daemon: Daemon): Contender {
  const command = `head -c ${STREAM_BYTES} /dev/zero | docker --host "$0" run -i --rm busybox cat | wc -c`;
  return timed(daemon.name, async () => {
    const bytes = Number(await mustRun(["sh", "-c", command, daemon.host]));
    if (bytes !== STREAM_BYTES) throw new Error(`${bytes} bytes came back, not ${STREAM_BYTES}`);
  });
}

/** The monitor with sampan, the shim with containerd: the parent of the container's first process. */
function keeperMemory(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: async () => {
      await using container = await startIdle(daemon);
      const keeper = await readField(`/proc/${container.pid}/status`, "PPid");
      return await privateMegabytes([keeper]);
    },
  };
}

function memoryAtStart({ name, startMegabytes }: Daemon): Contender {
  return { name, once: async () => startMegabytes };
}

// Ours gives memory back when it has done nothing for ten seconds.
const REST_MS = 25_000;

function memoryAtRest({ name, pid }: Daemon): Contender {
  return {
    name,
    once: async () => {
      await Bun.sleep(REST_MS);
      return residentMegabytes(pid);
    },
  };
}
