import { EngineError } from "../../base/errors.ts";
import type { StatsView } from "../../engine/control-facade.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { flag } from "../query.ts";
import { empty, json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { Fields } from "../wire/fields.ts";
import { decodePortChange } from "../wire/port-bindings.ts";
import { decodeRestartPolicy } from "../wire/restart-policy.ts";
import { toStatsJson } from "../wire/stats-json.ts";
import { decodeLimitChange } from "../wire/update-body.ts";
import { toWhyJson } from "../wire/why-view.ts";

export const controlRoutes = [
  route("POST /containers/{id}/pause", pause),
  route("POST /containers/{id}/unpause", unpause),
  route("POST /containers/{id}/update", update),
  route("GET /containers/{id}/stats", stats),
  route("GET /containers/{id}/top", top),
  route("GET /containers/{id}/why", why),
];

async function pause({ engine, params }: Call<"id">): Promise<Reply> {
  await engine.control.pause(params.id);
  return empty(204);
}

async function unpause({ engine, params }: Call<"id">): Promise<Reply> {
  await engine.control.unpause(params.id);
  return empty(204);
}

/** All is read before anything is done, and what is refused most often comes first. */
async function update({ engine, params, request }: Call<"id">): Promise<Reply> {
  const body = (await readJson(request, "UpdateConfig")) ?? Fields.of({}, "UpdateConfig");
  const ports = decodePortChange(body);
  const limits = decodeLimitChange(body);
  const restart = decodeRestartPolicy(body.findChild("RestartPolicy"));
  const hasPorts = ports.add.length + ports.remove.length > 0;
  if (hasPorts) await engine.containers.updatePorts(params.id, ports);
  const hasLimits = Object.keys(limits.asked).length > 0;
  // An update that asks for nothing finds at least the container.
  const isEmpty = !hasLimits && !hasPorts && restart === undefined;
  const warnings = hasLimits || isEmpty ? await engine.control.updateLimits(params.id, limits) : [];
  if (restart !== undefined) await engine.containers.updateRestartPolicy(params.id, restart);
  return json(200, { Warnings: warnings.length === 0 ? null : warnings });
}

async function stats({ engine, params, query, request, version }: Call<"id">): Promise<Reply> {
  const wanted = {
    stream: flag(query, "stream", true),
    oneShot: version >= 41 && flag(query, "one-shot"),
  };
  if (wanted.stream && wanted.oneShot) {
    throw new EngineError("invalid", "cannot have stream=true and one-shot=true");
  }
  const views = engine.control.stats(params.id, wanted, request.signal);
  return stream("application/json", encodeStats(views));
}

async function* encodeStats(views: AsyncIterable<StatsView>): AsyncGenerator<string> {
  for await (const view of views) yield `${JSON.stringify(toStatsJson(view))}\n`;
}

async function top({ engine, params, query }: Call<"id">): Promise<Reply> {
  const { titles, processes } = await engine.control.top(params.id, query.get("ps_args") ?? "");
  return json(200, { Titles: titles, Processes: processes });
}

async function why({ engine, params }: Call<"id">): Promise<Reply> {
  return json(200, toWhyJson(await engine.control.why(params.id)));
}
