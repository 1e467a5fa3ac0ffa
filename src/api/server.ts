import { EngineError } from "../base/errors.ts";
import type { Engine } from "../engine/facade.ts";
import type { HttpRequest, Reply } from "./http/exchange.ts";
import { DEFAULT_LIMITS } from "./http/limits.ts";
import type { ListenerOptions } from "./http/listen.ts";
import { type HttpServer, startHttpServer } from "./http/server.ts";
import { json, text } from "./reply.ts";
import { makeRouter, parseTarget } from "./router.ts";
import { routes } from "./routes/table.ts";
import { statusOf } from "./status.ts";
import { NEWEST, OLDEST, printVersion } from "./version.ts";

export interface ApiOptions extends Omit<ListenerOptions, "onConnection"> {
  /** `unix:///path`, `tcp://address:port` (with `tls` only) or `fd://`. */
  readonly hosts: readonly string[];
  /** Hears of failures that are ours; the client's own are told to the client alone. */
  readonly onError: (message: string, error: unknown) => void;
}

/** Docker's Engine API over an engine. */
export interface ApiServer {
  /** Listens on all hosts, or on none; returns where. */
  listen(): Promise<readonly string[]>;
  /** Takes no more clients, ends streams and idle connections, and after the limit all others. */
  close(limitMs: number): Promise<void>;
}

/** Makes the API's server; it serves once listen() is called. */
export function apiServer(engine: Engine, options: ApiOptions): ApiServer {
  const handle = makeHandler(engine, options.onError);
  let server: HttpServer | undefined;
  return {
    async listen() {
      server = await startHttpServer({
        ...options,
        handler: handle,
        limits: DEFAULT_LIMITS,
        onError: (error) => options.onError("A reply broke off", error),
      });
      return server.hosts;
    },
    async close(limitMs) {
      await server?.close(limitMs);
    },
  };
}

/** Answers requests: the part of the API that has no sockets in it. */
export function makeHandler(engine: Engine, onError: ApiOptions["onError"]) {
  const find = makeRouter(routes);
  const headers = {
    Server: `Sampan/${engine.system.version().version} (linux)`,
    "Api-Version": printVersion(NEWEST),
    Ostype: "linux",
    "Docker-Experimental": "false",
  };

  return async (request: HttpRequest): Promise<Reply> => {
    const reply = await answer(request).catch((error: unknown) => {
      const status = statusOf(error);
      // This is the one place that logs what a request failed with.
      if (status >= 500 && !isExpected(error) && !isLeft(request, error)) {
        onError(`${request.method} ${request.target}`, error);
      }
      return errorReply(request, status, error);
    });
    return { ...reply, headers: { ...headers, ...reply.headers } };
  };

  async function answer(request: HttpRequest): Promise<Reply> {
    const { path, query } = parseTarget(request.target);
    const { route, params, version } = find({ method: request.method, path });
    return await route.handle({ engine, version, params, query, request });
  }
}

/** Not there (yet) and not now are answers, not faults. */
function isExpected(error: unknown): boolean {
  return error instanceof EngineError && error.kind !== "internal";
}

/** The client has gone, and the work was given up because of that. */
function isLeft({ signal }: HttpRequest, error: unknown): boolean {
  return signal.aborted && error instanceof Error && error.name === "AbortError";
}

function errorReply(request: HttpRequest, status: number, error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error);
  // So old a client shows JSON as it is; a plain text it shows well.
  return isAncient(request.target) ? text(status, `${message}\n`) : json(status, { message });
}

function isAncient(target: string): boolean {
  const [, minor] = /^\/v1\.(\d+)\//.exec(target) ?? [];
  return minor !== undefined && Number(minor) < OLDEST;
}
