import type { Case, Field } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { ask, createContainer } from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";
import { privateMegabytes, withChildren } from "./memory.ts";

const FIRST_PORT = 20_000;
const MANY = 500;
/** So many that what the heap keeps in reserve does not count. */
const VERY_MANY = 10_000;
/** The most that one container has. */
const MOST = 1000;
const COUNTS = [1, 10, 100, 1000];
/** Of a second process and a rule or two for each port. */
const LARGEST_COUNT_OF_OTHERS = 500;
// Ours looks for memory to give back when it has worked, and then done nothing for ten seconds.
const REST_MS = 35_000;
const PINGS = 3000;
const KILOBYTES = 1024;

/** What many published ports cost. */
export const PORT_CASES: readonly Case[] = [
  {
    title: `ports: how much longer \`POST /containers/c/start\` takes with ${MANY} of them`,
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map((daemon) => addedTime(daemon, MANY)),
  },
  ...COUNTS.map((count) => ({
    title: `ports: \`POST /containers/c/start\` with ${count} published`,
    unit: "ms" as const,
    rounds: 10,
    contenders: ({ daemons }: Field) => daemons.map((daemon) => startWith(daemon, count)),
  })),
  // After many starts: with the first ones the heap grows to what starts need.
  {
    title: `ports: private memory of the daemon with its helpers that ${MANY} of them take`,
    unit: "MB",
    rounds: 2,
    contenders: ({ daemons }) => daemons.map((daemon) => addedMemory(daemon, MANY)),
  },
  {
    title: `ports: private memory that each of ${VERY_MANY} takes in the daemon`,
    unit: "kB",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map((daemon) => perPort(daemon, VERY_MANY)),
  },
];

function addedTime(daemon: Daemon, count: number): Contender {
  return {
    name: daemon.name,
    once: async () => {
      const without = await withPublished(daemon, [[]], async ({ startMs }) => startMs);
      const shares = shareOut(count);
      return (await withPublished(daemon, shares, async ({ startMs }) => startMs)) - without;
    },
  };
}

function startWith(daemon: Daemon, count: number): Contender {
  return {
    name: daemon.name,
    once: async () => {
      checkCount(daemon, count);
      return withPublished(daemon, shareOut(count), async ({ startMs }) => startMs);
    },
  };
}

function checkCount({ name }: Daemon, count: number): void {
  if (name === "sampan" || count <= LARGEST_COUNT_OF_OTHERS) return;
  throw new Error(`it takes a minute, and more memory than with ${MANY}`);
}

function perPort(daemon: Daemon, count: number): Contender {
  const { name, once } = addedMemory(daemon, count);
  return { name, once: async () => ((await once()) * KILOBYTES) / count };
}

/** What containers with ports take above as many without. */
function addedMemory(daemon: Daemon, count: number): Contender {
  const atRest = async () => {
    for (let i = 0; i < PINGS; i += 1) await (await ask(daemon, "GET /_ping")).text();
    await Bun.sleep(REST_MS);
    return privateMegabytes(await withChildren(daemon.pid));
  };
  return {
    name: daemon.name,
    once: async () => {
      checkCount(daemon, count);
      const shares = shareOut(count);
      const none = shares.map(() => []);
      const without = await withPublished(daemon, none, atRest);
      return (await withPublished(daemon, shares, atRest)) - without;
    },
  };
}

/** So many ports, as the shares of containers: mostly one. */
function shareOut(count: number): readonly (readonly number[])[] {
  const ports = Array.from({ length: count }, (_, index) => FIRST_PORT + index);
  const containers = Math.ceil(count / MOST);
  return Array.from({ length: containers }, (_, index) =>
    ports.slice(index * MOST, (index + 1) * MOST),
  );
}

/** Starts a container with each share of published ports, and removes them when that was used. */
async function withPublished(
  daemon: Daemon,
  shares: readonly (readonly number[])[],
  use: (started: { readonly startMs: number }) => Promise<number>,
): Promise<number> {
  const ids: string[] = [];
  try {
    for (const ports of shares) ids.push(await createPublished(daemon, ports));
    const startMs = await millisecondsOf(async () => {
      for (const id of ids) await ask(daemon, `POST /containers/${id}/start`);
    });
    return await use({ startMs });
  } finally {
    for (const id of ids) await ask(daemon, `DELETE /containers/${id}?force=true`);
  }
}

function createPublished(daemon: Daemon, ports: readonly number[]): Promise<string> {
  const bindings = ports.map((port) => [`${port}/tcp`, [{ HostPort: String(port) }]]);
  return createContainer(daemon, {
    Image: "busybox",
    Cmd: ["sleep", "600"],
    ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
    HostConfig: { PortBindings: Object.fromEntries(bindings) },
  });
}
