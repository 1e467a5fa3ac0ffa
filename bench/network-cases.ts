import { mustRun } from "../test/support/run-program.ts";
import { type Case, type Field, timed } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import {
  ask,
  createContainer,
  docker,
  type IdleContainer,
  makeNetwork,
  startIdle,
} from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";
import type { Runtime } from "./runtimes.ts";

const NETWORK = "bench-net";
const OTHER = "bench-other";
const PORTS = ["--publish", "18080:80", "--publish", "18443:443"];
const CROWD = [0, 100, 300, 500];
/** A shim for each container and a third of a second for each start are more than there is time for. */
const LARGEST_CROWD_OF_OTHERS = 100;
const AT_ONCE = 10;

/** What is asked of networks. */
export const NETWORK_CASES: readonly Case[] = [
  {
    title: "network: `docker run --rm --network n -p 18080:80 -p 18443:443 busybox true`",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons, runtimes }) => [
      ...daemons.map(runPublished),
      ...runtimes.flatMap(runPublishedWithout),
    ],
  },
  {
    title: "network: `POST /networks/n/connect` of a running container",
    unit: "ms",
    rounds: 10,
    contenders: ({ daemons }) => daemons.map((daemon) => change(daemon, "connect")),
  },
  {
    title: "network: `POST /networks/n/disconnect` of a running container",
    unit: "ms",
    rounds: 10,
    contenders: ({ daemons }) => daemons.map((daemon) => change(daemon, "disconnect")),
  },
];

/** How starts go on as a network fills: the crowd grows from case to case, so that these come last. */
export const CROWD_CASES: readonly Case[] = CROWD.map((size) => ({
  title: `network: \`POST /containers/c/start\` with ${size} containers on the same network`,
  unit: "ms" as const,
  rounds: 10,
  contenders: ({ daemons }: Field) => daemons.map((daemon) => startInCrowd(daemon, size)),
}));

const made = new Map<Daemon, Promise<AsyncDisposable>>();

/** A network of the daemon's that stays between the rounds, as it does in life. */
async function lastingNetwork(daemon: Daemon): Promise<void> {
  const making = made.get(daemon) ?? makeNetwork(daemon, NETWORK);
  made.set(daemon, making);
  await making;
}

function runPublished(daemon: Daemon): Contender {
  const run = ["run", "--rm", "--network", NETWORK, ...PORTS, "busybox", "true"];
  return {
    name: daemon.name,
    once: async () => {
      await lastingNetwork(daemon);
      return millisecondsOf(() => docker(daemon, run));
    },
  };
}

function runPublishedWithout({ name, makeNetwork: make, runOnNetwork }: Runtime): Contender[] {
  if (make === undefined || runOnNetwork === undefined) return [];
  let making: Promise<string> | undefined;
  const { once } = timed(name, () => mustRun(runOnNetwork(NETWORK, PORTS)));
  return [
    {
      name,
      once: async () => {
        making ??= mustRun(make(NETWORK));
        await making;
        return once();
      },
    },
  ];
}

function change(daemon: Daemon, timedOne: "connect" | "disconnect"): Contender {
  return {
    name: daemon.name,
    once: async () => {
      await lastingNetwork(daemon);
      await using _other = await makeNetwork(daemon, OTHER);
      await using container = await startIdle(daemon, ["--network", NETWORK]);
      const times: Partial<Record<typeof timedOne, number>> = {};
      for (const action of ["connect", "disconnect"] as const) {
        const body = { Container: container.id, Force: false };
        times[action] = await millisecondsOf(() =>
          ask(daemon, `POST /networks/${OTHER}/${action}`, body),
        );
      }
      return times[timedOne] ?? Number.NaN;
    },
  };
}

const crowds = new Map<Daemon, IdleContainer[]>();

function startInCrowd(daemon: Daemon, size: number): Contender {
  return {
    name: daemon.name,
    once: async () => {
      if (daemon.name !== "sampan" && size > LARGEST_CROWD_OF_OTHERS) {
        throw new Error(`it takes minutes to start ${size} containers`);
      }
      await lastingNetwork(daemon);
      await growCrowd(daemon, size);
      const body = {
        Image: "busybox",
        Cmd: ["sleep", "600"],
        HostConfig: { NetworkMode: NETWORK },
      };
      const id = await createContainer(daemon, body);
      const taken = await millisecondsOf(() => ask(daemon, `POST /containers/${id}/start`));
      await ask(daemon, `DELETE /containers/${id}?force=true`);
      return taken;
    },
  };
}

async function growCrowd(daemon: Daemon, size: number): Promise<void> {
  const crowd = crowds.get(daemon) ?? [];
  crowds.set(daemon, crowd);
  while (crowd.length < size) {
    const starts = Array.from({ length: Math.min(AT_ONCE, size - crowd.length) }, () =>
      startIdle(daemon, ["--network", NETWORK]),
    );
    crowd.push(...(await Promise.all(starts)));
  }
}
