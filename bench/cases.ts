import { mustRun } from "../test/support/run-program.ts";
import type { Daemon } from "./daemons.ts";
import { type Contender, millisecondsOf } from "./measure.ts";
import { readField, residentMegabytes } from "./memory.ts";
import type { Runtime } from "./runtimes.ts";

/** What is there to be measured. */
export interface Field {
  readonly daemons: readonly Daemon[];
  readonly runtimes: readonly Runtime[];
}

/** A question that the table of results answers in one row for each contender. */
export interface Case {
  readonly title: string;
  readonly unit: "ms" | "MB";
  readonly rounds: number;
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

function timed(name: string, run: () => Promise<unknown>): Contender {
  return { name, once: () => millisecondsOf(run) };
}

function docker(daemon: Daemon, args: readonly string[]): Promise<string> {
  return mustRun(["docker", "--host", daemon.host, ...args]);
}

/** As `docker run --rm` asks for it, without the client's own start. */
function apiLife(daemon: Daemon): Contender {
  return timed(daemon.name, async () => {
    const body = { Image: "busybox", Cmd: ["true"], HostConfig: { AutoRemove: true } };
    const created = await post(daemon, "/containers/create", body);
    const { Id } = (await created.json()) as { readonly Id: string };
    // Its head comes at once, the body when the container is gone.
    const waiting = await post(daemon, `/containers/${Id}/wait?condition=removed`);
    await post(daemon, `/containers/${Id}/start`);
    await waiting.text();
  });
}

async function post(daemon: Daemon, path: string, body?: object): Promise<Response> {
  const answer = await fetch(`http://localhost/v1.41${path}`, {
    unix: daemon.socket,
    method: "POST",
    headers: { "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return answer;
  throw new Error(`${path}: ${await answer.text()}`);
}

function dockerExec(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: () =>
      withIdleContainer(daemon, (id) => millisecondsOf(() => docker(daemon, ["exec", id, "true"]))),
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
    once: () =>
      withIdleContainer(daemon, async (id) => {
        const pid = (await docker(daemon, ["inspect", "--format", "{{.State.Pid}}", id])).trim();
        const keeper = await readField(`/proc/${pid}/status`, "PPid");
        const rollup = `/proc/${keeper}/smaps_rollup`;
        const parts = ["Private_Clean", "Private_Dirty"].map((field) => readField(rollup, field));
        return (await Promise.all(parts)).reduce((sum, kilobytes) => sum + kilobytes, 0) / 1024;
      }),
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

async function withIdleContainer(
  daemon: Daemon,
  use: (id: string) => Promise<number>,
): Promise<number> {
  const id = (await docker(daemon, ["run", "-d", "busybox", "sleep", "600"])).trim();
  try {
    return await use(id);
  } finally {
    await docker(daemon, ["rm", "--force", id]);
  }
}
