import { EngineError } from "../../base/errors.ts";
import type { StopOptions, WaitCondition, Waiting } from "../../engine/facade.ts";
import type { HttpRequest, Reply } from "../http/exchange.ts";
import { flag, integer, refuseParameter } from "../query.ts";
import { empty, json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";

export const lifecycleRoutes = [
  route("POST /containers/{id}/start", start),
  route("POST /containers/{id}/stop", stop),
  route("POST /containers/{id}/restart", restart),
  route("POST /containers/{id}/kill", kill),
  route("POST /containers/{id}/wait", wait),
  route("DELETE /containers/{id}", remove),
];

async function start({ engine, params, query, request }: Call<"id">): Promise<Reply> {
  refuseBody(request);
  refuseParameter(query, "checkpoint", "checkpoints");
  const outcome = await engine.containers.start(params.id);
  return empty(outcome === "started" ? 204 : 304);
}

async function stop(call: Call<"id">): Promise<Reply> {
  const outcome = await call.engine.containers.stop(call.params.id, stopOptions(call));
  return empty(outcome === "stopped" ? 204 : 304);
}

async function restart(call: Call<"id">): Promise<Reply> {
  await call.engine.containers.restart(call.params.id, stopOptions(call));
  return empty(204);
}

async function kill({ engine, params, query }: Call<"id">): Promise<Reply> {
  const signal = query.get("signal") ?? "";
  await engine.containers.kill(params.id, signal === "" ? "SIGKILL" : signal);
  return empty(204);
}

/** The head goes out before the wait ends: the CLI starts the container only when it has seen it. */
async function wait({ engine, params, query, request, version }: Call<"id">): Promise<Reply> {
  const condition = version < 30 ? "not-running" : waitCondition(query.get("condition") ?? "");
  const waiting = await engine.containers.wait(params.id, condition, request.signal);
  if (version < 30) return json(200, await outcome(waiting));
  return stream("application/json", lineOf(outcome(waiting), request.signal));
}

async function remove({ engine, params, query }: Call<"id">): Promise<Reply> {
  const options = {
    force: flag(query, "force"),
    volumes: flag(query, "v"),
    link: flag(query, "link"),
  };
  await engine.containers.remove(params.id, options);
  return empty(204);
}

/** Until 1.23 start took a HostConfig; it would be ignored now. A short body is some client's `{}`. */
function refuseBody({ body }: HttpRequest): void {
  const { framing } = body;
  if (framing.kind === "chunked" || (framing.kind === "length" && framing.bytes > 7)) {
    throw new EngineError(
      "invalid",
      "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24",
    );
  }
}

function stopOptions({ query, version }: Call<"id">): StopOptions {
  const timeoutSeconds = integer(query, "t");
  const signal = version < 42 ? "" : (query.get("signal") ?? "");
  return {
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(signal === "" ? {} : { signal }),
  };
}

function waitCondition(text: string): WaitCondition {
  switch (text) {
    case "":
      return "not-running";
    case "not-running":
    case "next-exit":
    case "removed":
    case "healthy":
      return text;
    default:
      throw new EngineError("invalid", `invalid condition: ${JSON.stringify(text)}`);
  }
}

async function outcome({ done }: Waiting) {
  const { exitCode, error } = await done;
  return {
    StatusCode: exitCode,
    ...(error === undefined ? {} : { Error: { Message: error } }),
  };
}

async function* lineOf(value: Promise<unknown>, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield `${JSON.stringify(await value)}\n`;
  } catch (error) {
    // Without a line the client knows that the wait was given up.
    if (!signal.aborted) throw error;
  }
}
