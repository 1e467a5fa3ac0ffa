import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { ask, countContainers, createContainer } from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";

const AT_ONCE = 200;
const THOUSAND = 1000;
/** How many of the thousand are started at a time. */
const BATCH = 50;

/** What many containers cost, last of all: the thousand stay until the daemons end. */
export const MANY_CASES: readonly Case[] = [
  {
    title: `${AT_ONCE} containers through the API: started at once, and then removed at once`,
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map(startAndRemove),
  },
  {
    title: `\`GET /containers/json\` with ${THOUSAND} containers that run`,
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map((daemon) => withThousand(daemon, countContainers)),
  },
  {
    title: `the daemon ends and starts again, with ${THOUSAND} containers that run`,
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map((daemon) => withThousand(daemon, restart)),
  },
];

function startAndRemove(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    async once() {
      const ids: string[] = [];
      for (let made = 0; made < AT_ONCE; made += 1) ids.push(await create(daemon));
      return await millisecondsOf(async () => {
        await Promise.all(ids.map((id) => start(daemon, id)));
        await Promise.all(ids.map((id) => ask(daemon, `DELETE /containers/${id}?force=true`)));
      });
    },
  };
}

function withThousand(daemon: Daemon, work: (daemon: Daemon) => Promise<unknown>): Contender {
  return {
    name: daemon.name,
    async once() {
      if (daemon.name !== "sampan") {
        throw new Error("they would take ten minutes and 12 GB; it ends them when it ends");
      }
      const missing = THOUSAND - (await countContainers(daemon));
      for (let made = 0; made < missing; made += BATCH) {
        const some = Array.from({ length: Math.min(BATCH, missing - made) }, async () =>
          start(daemon, await create(daemon)),
        );
        await Promise.all(some);
      }
      return await millisecondsOf(() => work(daemon));
    },
  };
}

const restart = (daemon: Daemon) => daemon.restart();

function create(daemon: Daemon): Promise<string> {
  return createContainer(daemon, { Image: "busybox", Cmd: ["sleep", "10000"] });
}

async function start(daemon: Daemon, id: string): Promise<void> {
  await ask(daemon, `POST /containers/${id}/start`);
}
