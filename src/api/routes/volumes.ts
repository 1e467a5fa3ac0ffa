import { EngineError } from "../../base/errors.ts";
import type { Reply } from "../http/exchange.ts";
import { readJson } from "../json-body.ts";
import { filters, flag } from "../query.ts";
import { empty, json, stream } from "../reply.ts";
import { type Call, route } from "../route.ts";
import { decodeVolumeRequest, toVolumeJson } from "../wire/volume-json.ts";

export const volumeRoutes = [
  route("GET /volumes", list),
  route("POST /volumes/create", create),
  route("POST /volumes/prune", prune),
  route("GET /volumes/{name}", inspect),
  route("PUT /volumes/{name}", update),
  route("DELETE /volumes/{name}", remove),
  route("GET /volumes/{name}/export", exportFiles),
  route("POST /volumes/{name}/import", importFiles),
];

async function list({ engine, query }: Call): Promise<Reply> {
  const found = await engine.volumes.list(filters(query));
  return json(200, { Volumes: found.map(toVolumeJson), Warnings: null });
}

async function create({ engine, request }: Call): Promise<Reply> {
  const body = await readJson(request, "CreateOptions");
  if (body === undefined) throw new EngineError("invalid", "got EOF while reading request body");
  return json(201, toVolumeJson(await engine.volumes.create(decodeVolumeRequest(body))));
}

async function inspect({ engine, params }: Call<"name">): Promise<Reply> {
  return json(200, toVolumeJson(await engine.volumes.get(params.name)));
}

/** Of a volume of one machine there is nothing to change. */
async function update(): Promise<Reply> {
  const message = "volume update only valid for cluster volumes, but swarm is unavailable";
  throw new EngineError("unavailable", message);
}

async function remove({ engine, params, query }: Call<"name">): Promise<Reply> {
  await engine.volumes.remove(params.name, { force: flag(query, "force") });
  return empty(204);
}

/** Before 1.42 there was no difference between volumes with and without a name of their own. */
async function prune({ engine, query, version }: Call): Promise<Reply> {
  const all = version < 42 ? { all: ["true"] } : {};
  const { deleted, reclaimedBytes } = await engine.volumes.prune({ ...filters(query), ...all });
  return json(200, { VolumesDeleted: deleted, SpaceReclaimed: reclaimedBytes });
}

/** Ours: what is in a volume, or at a path in it, as an archive. */
async function exportFiles({ engine, params, query }: Call<"name">): Promise<Reply> {
  const place = { name: params.name, path: query.get("path") ?? "" };
  return stream("application/x-tar", await engine.volumes.export(place));
}

/** Ours: unpacks an archive in a volume, or in a directory of it. */
async function importFiles({ engine, params, query, request }: Call<"name">): Promise<Reply> {
  const place = { name: params.name, path: query.get("path") ?? "" };
  await engine.volumes.import(place, request.body);
  return empty(204);
}
