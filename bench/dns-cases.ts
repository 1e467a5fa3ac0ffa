import { join } from "node:path";
import { mustRun } from "../test/support/run-program.ts";
import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { makeNetwork, startIdle } from "./docker-client.ts";
import type { Contender } from "./measure.ts";

const LOAD = join(import.meta.dir, "dns-load.ts");
const NETWORK = "dns-bench";
const NAME = "dns-bench-web";
const QUERIES = 100_000;
const IN_FLIGHT = 64;

/** What dns-load.ts prints, as far as it is used. */
interface Load {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly lost: number;
  readonly wrong: number;
}

/** What is asked of the name server of a user-defined network. */
export const DNS_CASES: readonly Case[] = [
  {
    title: `dns: ${QUERIES} queries for a container's name, ${IN_FLIGHT} in flight`,
    unit: "ms",
    rounds: 5,
    contenders: ({ daemons }) =>
      daemons.map((daemon) => load(daemon, ({ perSecond }) => (QUERIES / perSecond) * 1000)),
  },
  {
    title: "dns: the 99th percentile of such a query",
    unit: "ms",
    rounds: 5,
    contenders: ({ daemons }) => daemons.map((daemon) => load(daemon, ({ p99Ms }) => p99Ms)),
  },
];

function load(daemon: Daemon, figure: (load: Load) => number): Contender {
  return {
    name: daemon.name,
    once: async () => {
      await using _network = await makeNetwork(daemon, NETWORK);
      await using container = await startIdle(daemon, ["--network", NETWORK, "--name", NAME]);
      return figure(await measureLoad(container.pid));
    },
  };
}

async function measureLoad(pid: string): Promise<Load> {
  const client = [process.execPath, LOAD, NAME, `${QUERIES}`, `${IN_FLIGHT}`];
  const result = JSON.parse(
    await mustRun(["nsenter", `--net=/proc/${pid}/ns/net`, ...client]),
  ) as Load;
  if (result.wrong === 0 && result.lost === 0) return result;
  throw new Error(`${result.lost} queries were lost, and ${result.wrong} answers were wrong`);
}
