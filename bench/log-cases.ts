import { mustRun } from "../test/support/run-program.ts";
import type { Case } from "./cases.ts";
import type { Daemon } from "./daemons.ts";
import { type Contender, millisecondsOf } from "./measure.ts";

const GIGABYTE = 1024 ** 3;
const LINE = "GET /index.html 200 12 ms, as a web server would write it for each of its requests";

/** Logs, and the two things that tools do with containers all day. */
export const LOG_CASES: readonly Case[] = [
  {
    title: "exec through the API: create, start, read to the end, inspect",
    unit: "ms",
    rounds: 40,
    contenders: ({ daemons }) => daemons.map(execThroughApi),
  },
  {
    title: "`docker stop` of a process that ends when it is told to",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map(stopWellBehaved),
  },
  {
    title: "stop through the API of a process that ends when it is told to",
    unit: "ms",
    rounds: 20,
    contenders: ({ daemons }) => daemons.map(stopThroughApi),
  },
  {
    title: "`docker logs` of 1 GB, to nowhere",
    unit: "ms",
    rounds: 1,
    isCold: true,
    contenders: ({ daemons }) => daemons.map((daemon) => readLogs(daemon, [])),
  },
  {
    title: "`docker logs --tail 100` of 1 GB",
    unit: "ms",
    rounds: 5,
    contenders: ({ daemons }) => daemons.map((daemon) => readLogs(daemon, ["--tail", "100"])),
  },
  {
    title: "`docker logs --since` now of 1 GB",
    unit: "ms",
    rounds: 2,
    contenders: ({ daemons }) => daemons.map((daemon) => readLogs(daemon, ["--since", "0s"])),
  },
];

const logged = new Map<Daemon, Promise<string>>();

/** A container with a log of that size, made once for each daemon; it goes with the daemon. */
async function loggedContainer(daemon: Daemon): Promise<string> {
  const known = logged.get(daemon);
  if (known !== undefined) return known;
  const script = `yes '${LINE}' | head -c ${GIGABYTE}`;
  const options = daemon.name === "sampan" ? ["--log-opt", "max-size=-1"] : [];
  const made = docker(daemon, ["run", "-d", ...options, "busybox", "sh", "-c", script]);
  const id = made.then(async (text) => {
    await patiently(daemon, ["wait", text.trim()]);
    return text.trim();
  });
  logged.set(daemon, id);
  return id;
}

function readLogs(daemon: Daemon, options: readonly string[]): Contender {
  return {
    name: daemon.name,
    async once() {
      const id = await loggedContainer(daemon);
      return millisecondsOf(() => patiently(daemon, ["logs", ...options, id]));
    },
  };
}

function execThroughApi(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: () =>
      withContainer(daemon, "sleep 600", (id) =>
        millisecondsOf(async () => {
          const body = { Cmd: ["true"], AttachStdout: true, AttachStderr: true };
          const created = await post(daemon, `/containers/${id}/exec`, body);
          const { Id } = (await created.json()) as { readonly Id: string };
          await (await post(daemon, `/exec/${Id}/start`, {})).text();
          await fetch(`http://localhost/exec/${Id}/json`, { unix: daemon.socket });
        }),
      ),
  };
}

const WELL_BEHAVED = "trap 'exit 0' TERM; while :; do sleep 600 & wait; done";

function stopWellBehaved(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: () =>
      withContainer(daemon, WELL_BEHAVED, (id) =>
        millisecondsOf(() => docker(daemon, ["stop", id])),
      ),
  };
}

function stopThroughApi(daemon: Daemon): Contender {
  return {
    name: daemon.name,
    once: () =>
      withContainer(daemon, WELL_BEHAVED, (id) =>
        millisecondsOf(() => post(daemon, `/containers/${id}/stop`)),
      ),
  };
}

async function withContainer(
  daemon: Daemon,
  script: string,
  use: (id: string) => Promise<number>,
): Promise<number> {
  const run = ["run", "-d", "busybox", "sh", "-c", `${script}`];
  const id = (await docker(daemon, run)).trim();
  try {
    return await use(id);
  } finally {
    await docker(daemon, ["rm", "--force", id]);
  }
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

/** What it prints goes nowhere, and it may take minutes. */
async function patiently(daemon: Daemon, args: readonly string[]): Promise<void> {
  const argv = ["docker", "--host", daemon.host, ...args];
  const status = await Bun.spawn(argv, { stdout: "ignore", stderr: "ignore" }).exited;
  if (status !== 0) throw new Error(`${args.join(" ")}: exit status ${status}`);
}

function docker(daemon: Daemon, args: readonly string[]): Promise<string> {
  return mustRun(["docker", "--host", daemon.host, ...args]);
}
