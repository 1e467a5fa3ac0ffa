import { join } from "node:path";
import { apiServer } from "../../src/api/server.ts";
import { EngineDouble } from "./double/engine.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

export interface TestApi extends AsyncDisposable {
  readonly engine: EngineDouble;
  readonly path: string;
  /** What the API told the log. */
  readonly errors: unknown[];
  /** A request over the socket, as a client's library makes it. */
  ask(method: string, target: string, body?: unknown): Promise<Answer>;
  /** Docker's own command line. */
  docker(args: readonly string[], stdin?: string): Promise<CommandResult>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The API over an engine double, on a socket of its own. */
export async function startApi(): Promise<TestApi> {
  const directory = new TemporaryDirectory();
  const path = join(directory.path, "api.sock");
  const engine = new EngineDouble();
  const errors: unknown[] = [];
  const server = apiServer(engine, {
    hosts: [`unix://${path}`],
    onError: (message, error) => errors.push([message, error]),
  });
  await server.listen();
  return {
    engine,
    path,
    errors,
    ask: (method, target, body) => ask(path, { method, target, body }),
    docker: (args, stdin) => docker(path, args, stdin),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      directory[Symbol.dispose]();
    },
  };
}

/** The API with one container named `web`, not started. */
export async function startApiWithContainer(
  command: readonly string[] = ["sleep"],
  config: object = {},
): Promise<TestApi> {
  const api = await startApi();
  await api.ask("POST", "/containers/create?name=web", {
    Image: "busybox",
    Cmd: command,
    ...config,
  });
  return api;
}

async function ask(
  path: string,
  { method, target, body }: { method: string; target: string; body: unknown },
): Promise<Answer> {
  const response = await fetch(`http://d${target}`, {
    unix: path,
    method,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}

async function docker(
  path: string,
  args: readonly string[],
  stdin?: string,
): Promise<CommandResult> {
  const child = Bun.spawn(["docker", "-H", `unix://${path}`, ...args], {
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: "/nonexistent", TZ: "UTC" },
  });
  const [out, err, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { code, out, err };
}
