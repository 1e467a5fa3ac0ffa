import { mustRun } from "../test/support/run-program.ts";
import type { Daemon } from "./daemons.ts";

const TIMEOUT_MS = 300_000;

/** Runs a command of Docker's client on a daemon and returns what it prints. */
export function docker({ host }: Daemon, args: readonly string[]): Promise<string> {
  return mustRun(["docker", "--host", host, ...args], { timeoutMs: TIMEOUT_MS });
}

/** Asks a daemon by its API. The body is read when its reader likes. */
export async function ask(daemon: Daemon, request: string, body?: object): Promise<Response> {
  const [method = "", path = ""] = request.split(" ");
  const answer = await fetch(`http://localhost/v1.41${path}`, {
    unix: daemon.socket,
    method,
    headers: { "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (answer.ok) return answer;
  throw new Error(`${request}: ${await answer.text()}`);
}

/** Makes a container of this body of `POST /containers/create` and returns its id. */
export async function createContainer(daemon: Daemon, body: object): Promise<string> {
  const created = await ask(daemon, "POST /containers/create", body);
  return ((await created.json()) as { readonly Id: string }).Id;
}

/** How many containers a list has: those that run, or what the query asks for, such as `?all=1`. */
export async function countContainers(daemon: Daemon, query = ""): Promise<number> {
  const listed = await ask(daemon, `GET /containers/json${query}`);
  return ((await listed.json()) as readonly unknown[]).length;
}

/** A container that only waits, with its first process: it is removed at the end of the scope. */
export interface IdleContainer extends AsyncDisposable {
  readonly id: string;
  readonly pid: string;
}

/** Starts one with these options of `docker run`. */
export async function startIdle(
  daemon: Daemon,
  options: readonly string[] = [],
): Promise<IdleContainer> {
  const run = ["run", "--detach", ...options, "busybox", "sleep", "3600"];
  const id = (await docker(daemon, run)).trim();
  const pid = (await docker(daemon, ["inspect", "--format", "{{.State.Pid}}", id])).trim();
  return {
    id,
    pid,
    [Symbol.asyncDispose]: async () => void (await docker(daemon, ["rm", "--force", id])),
  };
}

/** Makes a user-defined network, which goes at the end of the scope. */
export async function makeNetwork(daemon: Daemon, name: string): Promise<AsyncDisposable> {
  await docker(daemon, ["network", "create", name]);
  return {
    [Symbol.asyncDispose]: async () => void (await docker(daemon, ["network", "rm", name])),
  };
}
