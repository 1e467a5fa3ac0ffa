import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { ask, countContainers, createContainer, docker } from "./docker-client.ts";
import { type Contender, millisecondsOf } from "./measure.ts";

const MANY = 500;
const FEW = 20;
const ALL = "?all=1";

/** What it costs to look at containers. */
export const WATCH_CASES: readonly Case[] = [
  {
    title: `\`GET /containers/json?all=1\` with ${MANY} containers`,
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map(list),
  },
  {
    title: `\`docker stats --no-stream\` of ${FEW} containers that run`,
    unit: "ms",
    rounds: 3,
    contenders: ({ daemons }) => daemons.map((daemon) => withRunning(daemon, stats)),
  },
  {
    title: "`docker top c`",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map((daemon) => withRunning(daemon, top)),
  },
  {
    title: "`POST /containers/c/pause` and `unpause`",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map((daemon) => withRunning(daemon, pause)),
  },
];

/** They are made in the round that does not count, and stay. */
function list(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    async once() {
      const body = { Image: "busybox", Cmd: ["true"] };
      for (let count = await countContainers(daemon, ALL); count < MANY; count += 1) {
        await createContainer(daemon, body);
      }
      return await millisecondsOf(() => countContainers(daemon, ALL));
    },
  };
}

const NAMES = Array.from({ length: FEW }, (_, index) => `watched-${index}`);

type Look = (daemon: Daemon) => Promise<unknown>;

function withRunning(daemon: Daemon, look: Look): Contender {
  return {
    name: daemon.name,
    async once() {
      for (const name of NAMES) await ensureRunning(daemon, name);
      return await millisecondsOf(() => look(daemon));
    },
  };
}

async function ensureRunning(daemon: Daemon, name: string): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ name: [`^/${name}$`] }));
  if ((await countContainers(daemon, `?filters=${filters}`)) > 0) return;
  await docker(daemon, ["run", "-d", "--name", name, "busybox", "sleep", "10000"]);
}

const stats: Look = (daemon) => docker(daemon, ["stats", "--no-stream", ...NAMES]);

const top: Look = (daemon) => docker(daemon, ["top", NAMES[0] ?? ""]);

const pause: Look = async (daemon) => {
  await ask(daemon, `POST /containers/${NAMES[0]}/pause`);
  await ask(daemon, `POST /containers/${NAMES[0]}/unpause`);
};
