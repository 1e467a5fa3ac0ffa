import { EngineError } from "../../base/errors.ts";
import type { ExecStart } from "../../engine/facade.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { empty, json } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { decodeExec, toExecJson } from "../wire/exec-json.ts";
import type { Fields } from "../wire/fields.ts";
import { windowSize } from "./containers.ts";
import { serveSession } from "./streams.ts";

export const execRoutes = [
  route("POST /containers/{id}/exec", create),
  route("POST /exec/{id}/start", start),
  route("POST /exec/{id}/resize", resize),
  route("GET /exec/{id}/json", inspect),
];

async function create({ engine, params, request }: Call<"id">): Promise<Reply> {
  const body = await readJson(request, "ExecOptions");
  if (body === undefined) throw new EngineError("invalid", "No exec command specified");
  return json(201, { Id: await engine.execs.create(params.id, decodeExec(body)) });
}

/** The one endpoint that takes a JSON body and a connection at once. */
async function start(call: Call<"id">): Promise<Reply> {
  const body = await readJson(call.request, "ExecStartOptions");
  const options = decodeStart(body, call.version);
  const { engine, params } = call;
  if (body?.flag("Detach") === true) {
    await engine.execs.startDetached(params.id, options);
    return empty(200);
  }
  return serveSession(call, await engine.execs.start(params.id, options));
}

async function resize({ engine, params, query }: Call<"id">): Promise<Reply> {
  await engine.execs.resize(params.id, windowSize(query));
  return empty(200);
}

async function inspect({ engine, params }: Call<"id">): Promise<Reply> {
  return json(200, toExecJson(await engine.execs.get(params.id)));
}

function decodeStart(body: Fields | undefined, version: number): ExecStart {
  const tty = body?.findFlag("Tty");
  const [rows = 0, columns = 0] = version < 42 ? [] : (body?.integers("ConsoleSize") ?? []);
  return {
    ...(tty === undefined ? {} : { tty }),
    ...(rows > 0 && columns > 0 ? { consoleSize: { rows, columns } } : {}),
  };
}
