import { join } from "node:path";
import { mustRun } from "../test/support/run-program.ts";
import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { docker, makeNetwork, startIdle } from "./docker-client.ts";
import type { Contender } from "./measure.ts";
import { connectHost, startServer, within } from "./traffic-ground.ts";

const LATENCY = join(import.meta.dir, "tcp-latency.ts");
const NETWORK = "traffic-bench";
const SECONDS = 2;
const ROUND_TRIPS = 20_000;
const PORT = "15201";
const ROUNDS = 3;

/** A server in a container, and where from it is reached. */
interface Reach {
  /** The command before a program that is to run as the client. */
  readonly enter: readonly string[];
  readonly address: string;
}

/** Makes what lies between the client and the server in a container. */
type Path = (daemon: Daemon, stack: AsyncDisposableStack, id: string) => Promise<Reach>;

const PATHS: Readonly<Record<string, Path>> = {
  "from container to container on one network": async (daemon, stack, id) => {
    const client = stack.use(await startIdle(daemon, ["--network", NETWORK]));
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    const address = (await docker(daemon, ["inspect", "--format", format, id])).trim();
    return { enter: within(client.pid), address };
  },
  "from another host to a published port": async (daemon, stack) =>
    stack.use(await connectHost(daemon)),
  "from the host to a published port at 127.0.0.1": async ({ pid }) => ({
    enter: within(pid),
    address: "127.0.0.1",
  }),
};

/** How traffic to containers flows: the programs run in network namespaces, not from the image. */
export const TRAFFIC_CASES: readonly Case[] = Object.entries(PATHS).flatMap(([words, path]) => [
  {
    title: `traffic: TCP ${words}`,
    unit: "Gbit/s",
    rounds: ROUNDS,
    isCold: true,
    contenders: ({ daemons }) => daemons.map((daemon) => throughput(daemon, path)),
  },
  ...(["p50", "p99"] as const).map(
    (figure): Case => ({
      title: `traffic: ${figure} of a byte's way there and back, ${words}`,
      unit: "µs",
      rounds: ROUNDS,
      isCold: true,
      contenders: ({ daemons }) => daemons.map((daemon) => latency(daemon, path, figure)),
    }),
  ),
]);

function throughput(daemon: Daemon, path: Path): Contender {
  return {
    name: daemon.name,
    once: async () => {
      await using stack = new AsyncDisposableStack();
      const { server, reach } = await prepare(daemon, path, stack);
      const serve = [...server, "iperf3", "--server", "--port", PORT, "--forceflush"];
      stack.use(await startServer(serve, "listening"));
      const client = ["iperf3", "--client", reach.address, "--port", PORT];
      const ask = [...reach.enter, ...client, "--time", `${SECONDS}`, "--json"];
      const { end } = JSON.parse(await mustRun(ask));
      return end.sum_received.bits_per_second / 1e9;
    },
  };
}

function latency(daemon: Daemon, path: Path, figure: "p50" | "p99"): Contender {
  return {
    name: daemon.name,
    once: async () => {
      await using stack = new AsyncDisposableStack();
      const { server, reach } = await prepare(daemon, path, stack);
      const program = [process.execPath, LATENCY];
      stack.use(await startServer([...server, ...program, "serve", PORT], "listening"));
      const ask = [...reach.enter, ...program, "ask", reach.address, PORT, `${ROUND_TRIPS}`];
      return JSON.parse(await mustRun(ask))[figure];
    },
  };
}

/** Starts the container that the server is to be in. */
async function prepare(daemon: Daemon, path: Path, stack: AsyncDisposableStack) {
  stack.use(await makeNetwork(daemon, NETWORK));
  const options = ["--network", NETWORK, "--publish", `${PORT}:${PORT}`];
  const container = stack.use(await startIdle(daemon, options));
  return { server: within(container.pid), reach: await path(daemon, stack, container.id) };
}
